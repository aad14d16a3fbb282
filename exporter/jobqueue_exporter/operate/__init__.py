"""What a person does to jobs, whatever engine keeps them: what a job's state means, and many changed safely."""
