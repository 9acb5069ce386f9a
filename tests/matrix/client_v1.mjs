// A client made with the first generation of the TypeScript SDK, which speaks until 2025-11-25.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { answer, capabilities, converse, given, headers } from './conversation.mjs';

const transports = {
  stdio: () => {
    const [command, ...args] = given.command;
    return new StdioClientTransport({ command, args, env: given.env, stderr: 'inherit' });
  },
  http: () => new StreamableHTTPClientTransport(new URL(given.url), { requestInit: { headers } }),
  sse: () => new SSEClientTransport(new URL(given.url), { requestInit: { headers } }),
};

const client = new Client({ name: 'typescript-v1', version: '1' }, { capabilities });
if (given.answer) {
  client.setRequestHandler(ElicitRequestSchema, answer);
}
await client.connect(transports[given.transport]());
await converse(client, (params, onprogress) => client.callTool(params, undefined, { onprogress }));
