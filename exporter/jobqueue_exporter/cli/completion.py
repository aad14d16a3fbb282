"""`jobqueue completion`: the script by which a shell completes commands, options and sources."""

from __future__ import annotations

import click

SHELLS = ("bash", "zsh", "fish")

EXAMPLES = """\b
Examples:
  jobqueue completion bash > ~/.local/share/bash-completion/completions/jobqueue
  jobqueue completion zsh > ~/.zfunc/_jobqueue
  jobqueue completion fish > ~/.config/fish/completions/jobqueue.fish
"""


@click.command(epilog=EXAMPLES)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, *, shell: str) -> None:
    """Print the script that completes commands, options and names of sources in your shell."""
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(ctx.find_root().command, {}, "jobqueue", "_JOBQUEUE_COMPLETE").source())
