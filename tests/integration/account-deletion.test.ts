import { expect, test } from 'vitest';
import { callerWith, openBrowser, outcome, randomPassword, signUp, sql, times } from './harness';
import { codeFor } from './totp';

/** An account that has something in every table. */
async function richAccount() {
	const account = await signUp({ name: 'Ada', timezone: 'Europe/Berlin' });
	const { api, credentials, grant, user } = account;
	const { email, password: currentPassword } = credentials;
	const browser = await openBrowser({ email, password: currentPassword });
	const { token } = await api.account.createToken({
		currentPassword,
		name: 'Script',
		scopes: ['tasks:read', 'tasks:write'],
		expiresInDays: 30
	});
	const byToken = callerWith({ authorization: `Bearer ${token}` });
	const tasks = await Promise.all(times(3, (index) => byToken.tasks.create({ title: `Task ${index}` })));
	await api.tasks.setCompleted({ id: tasks[0]!.id, completed: true });
	await api.projects.create({ name: 'House' });
	await api.filters.create({ name: 'Hot', query: 'p1 & today' });
	await api.tasks.delete({ id: tasks[1]!.id });
	await outcome(callerWith().auth.signIn({ email, password: 'wrong' }));
	const { secret } = await api.account.beginTwoFactor({ currentPassword });
	await api.account.confirmTwoFactor({ code: codeFor(secret) });
	const pending = await callerWith().auth.signIn({ email, password: currentPassword });
	if (pending.status !== 'second_factor') throw new Error('A second factor was expected');
	await callerWith().auth.requestPasswordReset({ email });
	await sql`insert into alerts (id, user_id, kind, subject, count)
		values (${crypto.randomUUID()}, ${user.id}, 'many_failures', ${`${user.id} 2026-01-01 00`}, 12)`;
	return { ...account, browser, byToken, token, ticket: pending.ticket, totp: secret, grant, tasks };
}

/** Each table with how many of its rows have this text in any column, whatever its type. */
async function rowsNaming(text: string): Promise<Record<string, number>> {
	const tables = await sql<{ name: string }[]>`
		select format('%I.%I', table_schema, table_name) as name from information_schema.tables
		where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`;
	expect(tables.length).toBeGreaterThan(10);
	const counts: Record<string, number> = {};
	for (const { name } of tables) {
		const [row] = await sql.unsafe<{ count: number }[]>(
			`select count(*)::int from ${name} t where t::text ilike '%' || $1 || '%'`,
			[text]
		);
		if (row!.count > 0) counts[name] = row!.count;
	}
	return counts;
}

/** The tables whose rows belong to an account, by the schema itself, so that a new one can't be forgotten. */
async function tablesOfAccounts(): Promise<string[]> {
	const rows = await sql<{ name: string }[]>`
		select distinct format('%I.%I', table_schema, table_name) as name from information_schema.columns
		where column_name = 'user_id' and table_schema = 'public'`;
	return rows.map(({ name }) => name).sort();
}

test('an account that is deleted leaves no row behind, in any table', async () => {
	const account = await richAccount();
	const { api, user, credentials } = account;
	const before = await rowsNaming(user.id);
	// Each table that can hold something of an account does, so that what is missing below has been deleted.
	expect(Object.keys(before)).toEqual(
		expect.arrayContaining([...(await tablesOfAccounts()), 'public.users'])
	);

	expect(await outcome(api.account.delete())).toBe('reauth_required');
	expect(await outcome(api.account.delete({ currentPassword: 'wrong' }))).toBe('bad_credentials');
	expect(await rowsNaming(user.id)).not.toEqual({});
	expect(await outcome(account.byToken.tasks.list())).toBe('ok');

	expect(await api.account.delete({ currentPassword: credentials.password })).toEqual({ ok: true });
	expect(await rowsNaming(user.id)).toEqual({});
	expect(await rowsNaming(credentials.email)).toEqual({});
});

test('nothing that the account gave out works afterwards, and the address is free', async () => {
	const { api, browser, byToken, grant, ticket, totp, credentials } = await richAccount();
	const { email, password } = credentials;
	await browser.api.account.delete({ currentPassword: password });
	expect(await outcome(api.auth.me())).toBe('session_over');
	expect(['session_over', 'unauthenticated']).toContain(await outcome(browser.api.auth.me()));
	expect(await outcome(byToken.tasks.list())).toBe('token_invalid');
	expect(await outcome(callerWith().auth.refresh({ refreshToken: grant.refreshToken }))).toBe('session_over');
	expect(await outcome(callerWith().auth.secondFactor({ ticket, code: codeFor(totp, 1) }))).toBe(
		'ticket_expired'
	);
	expect(await outcome(callerWith().auth.signIn({ email, password }))).toBe('bad_credentials');
	const again = await signUp({ email, password: randomPassword() });
	expect((await again.api.tasks.list()).items).toEqual([]);
	expect((await again.api.account.events()).items).toHaveLength(1);
});

test('whatever the account is doing at that moment is refused, and nothing of it stays', async () => {
	for (let round = 0; round < 5; round++) {
		const { api, credentials, grant, user } = await signUp();
		const { email, password: currentPassword } = credentials;
		const browser = await openBrowser({ email, password: currentPassword });
		const others = [
			browser.api.account.changePassword({ currentPassword, newPassword: randomPassword() }),
			browser.api.tasks.create({ title: 'Too late' }),
			browser.api.account.updateProfile({ name: 'Too late' }),
			browser.api.account.revokeOtherSessions(),
			callerWith().auth.refresh({ refreshToken: grant.refreshToken }),
			callerWith().auth.signIn({ email, password: currentPassword }),
			callerWith().auth.signIn({ email, password: 'wrong' }),
			browser.api.account.createToken({
				currentPassword,
				name: 'x',
				scopes: ['tasks:read'],
				expiresInDays: 1
			})
		].map(outcome);
		const deleted = await outcome(api.account.delete({ currentPassword }));
		for (const reason of await Promise.all(others))
			expect(['ok', 'session_over', 'bad_credentials', 'not_found']).toContain(reason);
		// Unless one of them has ended the session that asked, or changed the password.
		if (deleted === 'ok') expect(await rowsNaming(user.id)).toEqual({});
		else expect(['session_over', 'bad_credentials']).toContain(deleted);
	}
});

test('the export holds everything that the screens show, and no secret', async () => {
	const { api, browser, credentials, token, totp, tasks, user } = await richAccount();
	const exported = await api.account.export();
	const ids = (rows: { id: string }[]) => rows.map(({ id }) => id).sort();

	expect(exported.user).toEqual(await api.auth.me());
	const sessions = await api.account.sessions();
	expect(ids(exported.sessions)).toEqual(ids(sessions));
	for (const { current: _, device, ...shown } of sessions) {
		const row = exported.sessions.find(({ id }) => id === shown.id);
		expect(row).toMatchObject({ ...shown, lastSeenAt: expect.any(String) as string });
		expect(device).toEqual(expect.any(String));
	}
	expect(ids(exported.events)).toEqual(ids((await api.account.events({ limit: 200 })).items));
	expect(exported.events).toEqual(expect.arrayContaining((await api.account.events({ limit: 200 })).items));
	expect(exported.tokens).toEqual(await api.account.tokens());
	expect(exported.alerts).toEqual(await api.account.alerts());
	expect(exported.devices.length).toBeGreaterThan(0);
	expect(ids(exported.tasks)).toEqual(ids(tasks));
	expect(exported.projects).toEqual(await api.projects.list());
	expect(exported.filters).toEqual(await api.filters.list());
	for (const completed of [true, false]) {
		for (const task of (await api.tasks.list({ completed })).items) {
			const { id, title, notes, priority, version, completedAt } = task;
			const row = exported.tasks.find((row) => row.id === id);
			expect(row).toMatchObject({ title, notes, priority, version, completedAt });
		}
	}

	const text = JSON.stringify(exported);
	for (const secret of [credentials.password, token.slice(4), totp, browser.cookie, 'argon2', user.id + '.'])
		expect(text).not.toContain(secret);
	expect(text).not.toMatch(/hash|sealed/i);
	// Somebody else’s is not in it.
	const other = await richAccount();
	const again = JSON.stringify(await api.account.export());
	for (const id of [other.user.id, other.grant.sessionId, other.credentials.email])
		expect(again).not.toContain(id);
});

test('a task in the trash is told from the others in the export', async () => {
	const { api, tasks } = await richAccount();
	const exported = (await api.account.export()).tasks as { id: string; deletedAt?: string | null }[];
	expect(exported.find(({ id }) => id === tasks[1]!.id)!.deletedAt).toEqual(expect.any(String));
	expect(exported.find(({ id }) => id === tasks[2]!.id)!.deletedAt).toBeNull();
});
