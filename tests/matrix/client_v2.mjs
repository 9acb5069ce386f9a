// A client made with the second generation of the TypeScript SDK, which speaks both eras.
import {
  Client,
  SSEClientTransport,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { answer, capabilities, converse, given, headers } from './conversation.mjs';

const transports = {
  stdio: () => {
    const [command, ...args] = given.command;
    return new StdioClientTransport({ command, args, env: given.env, stderr: 'inherit' });
  },
  http: () => new StreamableHTTPClientTransport(new URL(given.url), { requestInit: { headers } }),
  sse: () => new SSEClientTransport(new URL(given.url), { requestInit: { headers } }),
};

const mode = given.era === 'modern' ? { pin: '2026-07-28' } : given.era;
const client = new Client(
  { name: 'typescript-v2', version: '1' },
  { capabilities, versionNegotiation: { mode } },
);
if (given.answer) {
  client.setRequestHandler('elicitation/create', answer);
}
await client.connect(transports[given.transport]());
await converse(client, (params, onprogress) => client.callTool(params, { onprogress }));
