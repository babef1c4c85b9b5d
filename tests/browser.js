// `node tests/browser.js` prints the path of a Chromium that runs here, and installs one if there is none.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { chromium } from '@playwright/test';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** CHROMIUM_PATH and nothing else when it is set; else Playwright's own; else the system's. */
export function findBrowser() {
	if (process.env.CHROMIUM_PATH) return [process.env.CHROMIUM_PATH].find(runs);
	const directories = (process.env.PATH ?? '').split(delimiter);
	const paths = names.flatMap((name) => directories.map((directory) => join(directory, name)));
	const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
	return [chromium.executablePath(), ...paths, mac].find(runs);
}

/**
 * A file that is there may still miss its libraries, or only tell to install a snap.
 * @param {string} path
 */
function runs(path) {
	return path !== '' && spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0;
}

/** @param {[program: string, ...args: string[]]} command */
function run([program, ...args]) {
	const { status } = spawnSync(program, args, {
		// Standard output is for the path alone.
		stdio: ['ignore', 2, 2],
		env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
		timeout: 300_000,
		killSignal: 'SIGKILL'
	});
	return status === 0;
}

function install() {
	const playwright = createRequire(import.meta.url).resolve('@playwright/test/cli');
	run([process.execPath, playwright, 'install', 'chromium']);
	if (findBrowser() || process.getuid?.() !== 0) return;
	// Debian's brings its libraries along.
	if (run(['apt-get', 'update'])) run(['apt-get', 'install', '--yes', '--no-install-recommends', 'chromium']);
}

if (process.argv[1] === import.meta.filename) {
	if (!findBrowser() && !process.env.CHROMIUM_PATH) install();
	const found = findBrowser();
	if (found) {
		console.log(found);
	} else {
		console.error(
			process.env.CHROMIUM_PATH
				? `CHROMIUM_PATH is ${process.env.CHROMIUM_PATH}, which does not run; set it to a Chromium or Chrome, or unset it.`
				: 'There is no browser to test with, and none could be installed; install Chromium or Chrome, or set CHROMIUM_PATH to one.'
		);
		process.exitCode = 1;
	}
}
