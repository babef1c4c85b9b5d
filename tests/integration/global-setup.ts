import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ensureBuild } from '../../src/build.js';
import { openEmbedded } from '../../src/lib/server/db/embedded';
import { migrate } from '../../src/lib/server/db/migrate';

declare module 'vitest' {
	interface ProvidedContext {
		/** A directory for the run, gone after it. */
		place: string;
		/** A migrated, empty database, from which each test file has a copy of its own. */
		templateUrl: string;
	}
}

/** One real PostgreSQL for the run, migrated once. */
export default async function setUp({ provide }: TestProject) {
	await ensureBuild(new AbortController().signal);

	const place = mkdtempSync(join(tmpdir(), 'latchkey-integration-'));
	// PostgreSQL refuses to run as root, and has to get in as somebody else.
	chmodSync(place, 0o755);
	const embedded = await openEmbedded(join(place, 'data'));
	await migrate(embedded.url);
	provide('place', place);
	provide('templateUrl', embedded.url);

	return async () => {
		await embedded.close();
		rmSync(place, { recursive: true, force: true });
	};
}
