// An agent on @a2a-js/sdk, once per binding and version, each below a path of its own: /rpc, /rest, /grpc,
// with -old as of A2A 0.3, with -asked on a card that promises no streaming. What it does on which words
// test_a2a_agents.py says. The argument is the directory of the packages; it writes its URL once it serves.

"use strict";

const { createRequire } = require("node:module");
const { randomUUID } = require("node:crypto");

const load = createRequire(`${process.argv[2]}/`);
const express = load("express");
const { Server, ServerCredentials } = load("@grpc/grpc-js");
const { AgentCard, Task, TaskArtifactUpdateEvent, TaskStatusUpdateEvent } = load("@a2a-js/sdk");
const { AgentEvent, DefaultRequestHandler, InMemoryTaskStore } = load("@a2a-js/sdk/server");
const { UserBuilder, agentCardHandler, jsonRpcHandler, restHandler } = load("@a2a-js/sdk/server/express");
const { A2AService, grpcService } = load("@a2a-js/sdk/server/grpc");
const { LegacyA2AService, legacyGrpcService } = load("@a2a-js/sdk/compat/v0_3/server/grpc");

const BINDINGS = { rpc: "JSONRPC", rest: "HTTP+JSON", grpc: "GRPC" };
const works = [];
const canceled = [];

class Parrot {
  async execute({ taskId, contextId, task, userMessage }, bus) {
    const said = userMessage.parts.map((part) => (part.content.$case === "text" ? part.content.value : "")).join("");
    const on = { taskId, contextId };
    const status = (state, text) =>
      bus.publish(AgentEvent.statusUpdate(TaskStatusUpdateEvent.fromJSON({ ...on, status: spoken(state, text) })));
    const give = (parts, more = {}) => {
      const artifact = { artifactId: "echo", parts };
      bus.publish(AgentEvent.artifactUpdate(TaskArtifactUpdateEvent.fromJSON({ ...on, artifact, ...more })));
    };

    const begun = { id: taskId, contextId, status: { state: "TASK_STATE_SUBMITTED" }, history: [] };
    bus.publish(AgentEvent.task(task ?? Task.fromJSON(begun)));
    if (said === "work") {
      status("WORKING", "on it");
      if (!(await new Promise((end) => works.push({ taskId, end })))) return;
      give([{ text: "worth the wait" }]);
      return status("COMPLETED");
    }
    if (said === "ask") return status("INPUT_REQUIRED", "Which colour?");
    if (said === "fail") return status("FAILED", "the printer is on fire");
    if (said === "go on") works.splice(0).forEach(({ end }) => end(true));
    status("WORKING", "thinking");
    if (said === "canceled") {
      give([{ text: canceled.join(" ") }]);
    } else if (said === "files") {
      give(userMessage.parts.filter((part) => part.content.$case !== "text").map(backwards));
    } else {
      give([{ text: "you said " }]);
      give([{ text: said }], { append: true, lastChunk: true });
    }
    status("COMPLETED");
  }

  async cancelTask(taskId, bus) {
    const status = { state: "TASK_STATE_CANCELED" };
    bus.publish(AgentEvent.statusUpdate(TaskStatusUpdateEvent.fromJSON({ taskId, status })));
    canceled.push(taskId);
    works.splice(0).forEach(({ end }) => end(false));
  }
}

function spoken(state, text) {
  const message = text && { messageId: randomUUID(), role: "ROLE_AGENT", parts: [{ text }] };
  return { state: `TASK_STATE_${state}`, ...(message && { message }) };
}

function backwards({ content, mediaType, filename }) {
  if (content.$case === "data") return { data: { got: content.value } };
  return { raw: Buffer.from(content.value).reverse().toString("base64"), mediaType, filename };
}

function card(name, address, streaming, old) {
  const protocolVersion = old ? "0.3" : "1.0";
  return AgentCard.fromJSON({
    name: `Parrot ${name}`,
    description: "Repeats what it is told.",
    version: "1",
    capabilities: { streaming },
    supportedInterfaces: [{ protocolBinding: BINDINGS[name], url: address, protocolVersion }],
    defaultInputModes: ["text/plain", "application/json", "image/png"],
    defaultOutputModes: ["text/plain", "application/json", "image/png"],
    skills: [{ id: "repeat", name: "Repeat", description: "Repeats.", tags: ["echo"] }],
  });
}

async function main() {
  const app = express();
  const web = app.listen(0, "127.0.0.1");
  await new Promise((bound) => web.once("listening", bound));
  const url = `http://127.0.0.1:${web.address().port}`;
  const userBuilder = UserBuilder.noAuthentication;

  const far = new Server();
  const port = await new Promise((bound, failed) =>
    far.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, at) => (error ? failed(error) : bound(at))),
  );
  for (const name of Object.keys(BINDINGS)) {
    for (const old of [false, true]) {
      for (const streaming of [true, false]) {
        const path = `/${name}${old ? "-old" : ""}${streaming ? "" : "-asked"}`;
        const address = name === "grpc" ? `127.0.0.1:${port}` : url + path;
        const shown = card(name, address, streaming, old);
        const requestHandler = new DefaultRequestHandler(shown, new InMemoryTaskStore(), new Parrot());
        const options = { requestHandler, userBuilder, legacyCompat: { enabled: old } };
        app.use(
          `${path}/.well-known/agent-card.json`,
          agentCardHandler({ agentCardProvider: requestHandler, legacyCompat: options.legacyCompat }),
        );
        if (name === "rpc") app.use(path, jsonRpcHandler(options));
        if (name === "rest") app.use(path, restHandler(options));
        if (name === "grpc" && streaming && old) far.addService(LegacyA2AService, legacyGrpcService(options));
        if (name === "grpc" && streaming && !old) far.addService(A2AService, grpcService(options));
      }
    }
  }
  process.stdout.write(`${url}\n`);
}

main();
