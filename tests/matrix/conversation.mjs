// What a TypeScript client of either generation says to the stage. The setup is the one argument,
// as JSON; every step is answered with one line of JSON. Before the changed call is repeated a
// line is awaited on stdin, since a person may have to agree meanwhile.
import { once } from 'node:events';

export const given = JSON.parse(process.argv[2]);
export const asked = [];
export const capabilities = given.answer ? { elicitation: { form: {} } } : {};
export const headers = given.token ? { Authorization: `Bearer ${given.token}` } : {};

// Answer what the server asks the client's person, as the setup says.
export async function answer(request) {
  asked.push(request.params.message);
  if (given.answer === 'accept') {
    return { action: 'accept', content: { agree: true } };
  }
  return { action: given.answer };
}

function tell(step, fields) {
  process.stdout.write(`${JSON.stringify({ step, ...fields })}\n`);
}

function result(said) {
  return {
    text: said.content.map((block) => block.text ?? '').join('\n'),
    structured: said.structuredContent ?? null,
    error: said.isError === true,
  };
}

// Play the conversation. `call(params, onprogress)` is the client's own way to call a tool.
export async function converse(client, call) {
  const where = { cluster: 'eu', namespace: given.namespace };
  let progress = 0;
  const ask = async (name, more) =>
    result(await call({ name, arguments: { ...where, ...more } }, () => (progress += 1)));
  const change = { replicas: given.replicas, dry_run: false };
  try {
    const { tools } = await client.listTools();
    tell('list', { tools: tools.map((tool) => tool.name) });
    tell('read', { ...(await ask('list_things', {})), progress });
    tell('refused', await ask('list_things', { namespace: 'kube-system' }));
    tell('rehearsed', await ask('scale_things', { ...change, dry_run: true }));
    tell('changed', { ...(await ask('scale_things', change)), asked });
    if (!given.answer) {
      await once(process.stdin, 'data');
      tell('again', await ask('scale_things', change));
    }
  } finally {
    process.stdin.destroy();
    await client.close();
  }
}
