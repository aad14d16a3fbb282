// BullMQ itself, told what to do by lines of JSON: {"do": "add", ...}; answers each with one line.
// node engine.cjs MODULES bullmq5|bullmq6 REDIS_URL PREFIX
"use strict";

const path = require("node:path");
const readline = require("node:readline");

const [modules, version, url, prefix] = process.argv.slice(2);
const { FlowProducer, Queue, Worker } = require(path.join(modules, version));

const address = new URL(url);
const connection = {
    host: address.hostname,
    port: Number(address.port),
    db: Number(address.pathname.slice(1) || 0),
    maxRetriesPerRequest: null,
};
const queues = new Map();
const workers = new Map();

function queue(name) {
    if (!queues.has(name)) {
        queues.set(name, new Queue(name, { connection, prefix }));
    }
    return queues.get(name);
}

// The name of a job says what becomes of it.
async function work(job) {
    if (job.name === "hang") {
        await new Promise(() => {});
    }
    if (job.name === "fail" && !(job.data.times <= job.attemptsMade)) {
        throw new Error(job.data.error || "it failed");
    }
    return "done";
}

const commands = {
    add: async ({ queue: name, name: job, data = {}, opts = {} }) => (await queue(name).add(job, data, opts)).id,
    flow: async ({ flow }) => (await new FlowProducer({ connection, prefix }).add(flow)).job.id,
    counts: async ({ queue: name }) => await queue(name).getJobCounts(),
    state: async ({ queue: name, id }) => await queue(name).getJobState(id),
    job: async ({ queue: name, id }) => (await queue(name).getJob(id))?.toJSON() ?? null,
    failed: async ({ queue: name }) => (await queue(name).getFailed()).map((job) => job.id),
    pause: async ({ queue: name }) => await queue(name).pause(),
    resume: async ({ queue: name }) => await queue(name).resume(),
    retry: async ({ queue: name, id }) => await (await queue(name).getJob(id)).retry(),
    remove: async ({ queue: name, id }) => await queue(name).remove(id),
    logs: async ({ queue: name, id }) => (await queue(name).getJobLogs(id)).logs,
    schedule: async ({ queue: name, id, every }) => (await queue(name).upsertJobScheduler(id, { every })).id,
    workers: async ({ queue: name }) => await queue(name).getWorkersCount(),
    work: async ({ queue: name, opts = {} }) => {
        const worker = new Worker(name, work, { connection, prefix, ...opts });
        worker.on("error", () => {});
        workers.set(name, [...(workers.get(name) || []), worker]);
        await worker.waitUntilReady();
    },
    rest: async ({ queue: name }) => {
        await Promise.all((workers.get(name) || []).map((worker) => worker.close(true)));
        workers.delete(name);
    },
};

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
    const { do: what, ...given } = JSON.parse(line);
    try {
        process.stdout.write(JSON.stringify({ answer: (await commands[what](given)) ?? null }) + "\n");
    } catch (error) {
        process.stdout.write(JSON.stringify({ error: String(error) }) + "\n");
    }
}).on("close", () => process.exit(0));
