// Lists the tools of an MCP server and calls one, by a client of another SDK, and prints what came as JSON:
//   node client.cjs PACKAGES sdk|client URL|- TOOL ARGUMENTS [COMMAND ARGUMENT…]
// `sdk` is the TypeScript SDK of the eras with a handshake, `client` the one after it; `-` is over stdio.
"use strict";

const { createRequire } = require("node:module");

const [packages, kind, url, tool, given, command, ...args] = process.argv.slice(2);
const load = createRequire(`${packages}/`);
const name = `@modelcontextprotocol/${kind}`;

function parts() {
  if (kind === "client") {
    return { ...load(name), ...load(`${name}/stdio`) };
  }
  return {
    ...load(`${name}/client/index.js`),
    ...load(`${name}/client/stdio.js`),
    ...load(`${name}/client/streamableHttp.js`),
  };
}

async function main() {
  const { Client, StdioClientTransport, StreamableHTTPClientTransport } = parts();
  const client = new Client({ name: "somebody", version: "1" });
  const transport =
    url === "-"
      ? new StdioClientTransport({ command, args, env: process.env })
      : new StreamableHTTPClientTransport(new URL(url));
  await client.connect(transport);
  const { tools } = await client.listTools();
  const result = await client.callTool({ name: tool, arguments: JSON.parse(given) });
  await client.close();
  process.stdout.write(JSON.stringify({ tools, result }));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
