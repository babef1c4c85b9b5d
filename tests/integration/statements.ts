import { db } from '$lib/server/db/connect';

export type Statement = { query: string; params: unknown[] };

type Client = {
	unsafe: (query: string, params: unknown[], ...rest: unknown[]) => unknown;
	begin: (work: (scoped: Client) => unknown, ...rest: unknown[]) => unknown;
};

/** What this process asks the database while the work is done, `BEGIN` and `COMMIT` included. */
export async function statementsOf(work: () => Promise<unknown>): Promise<Statement[]> {
	const client = (db as unknown as { $client: Client }).$client;
	const { unsafe, begin } = client;
	const statements: Statement[] = [];
	const listenTo = (to: Client, ask: Client['unsafe']): Client['unsafe'] =>
		function (query, params, ...rest) {
			statements.push({ query, params });
			return ask.call(to, query, params, ...rest);
		};
	client.unsafe = listenTo(client, unsafe);
	client.begin = (inside, ...rest) => {
		statements.push({ query: 'begin', params: [] }, { query: 'commit', params: [] });
		return begin.call(
			client,
			(scoped) => {
				scoped.unsafe = listenTo(scoped, scoped.unsafe);
				return inside(scoped);
			},
			...rest
		);
	};
	try {
		await work();
	} finally {
		Object.assign(client, { unsafe, begin });
	}
	return statements;
}
