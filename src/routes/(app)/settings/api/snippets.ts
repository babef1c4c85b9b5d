/** For a shell: the token comes from the environment, so that it ends up in no file and no history. */
export const curl = (origin: string) => `# The open tasks, newest first
curl -s ${origin}/trpc/tasks.list \\
  -H "Authorization: Bearer $LATCHKEY_TOKEN"

# A new one
curl -s ${origin}/trpc/tasks.create \\
  -H "Authorization: Bearer $LATCHKEY_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"title": "Water the plants", "priority": 2}'
`;

export const typescript = (origin: string) => `const url = '${origin}/trpc';
const headers = {
	authorization: \`Bearer \${process.env.LATCHKEY_TOKEN}\`,
	'content-type': 'application/json'
};

const added = await fetch(\`\${url}/tasks.create\`, {
	method: 'POST',
	headers,
	body: JSON.stringify({ title: 'Water the plants', priority: 2 })
});
if (!added.ok) throw new Error((await added.json()).error.message);

const answer = await fetch(\`\${url}/tasks.list\`, { headers });
const { items } = (await answer.json()).result.data;
for (const task of items) console.log(task.title);
`;
