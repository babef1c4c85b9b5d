import { defineConfig, devices } from '@playwright/test';
import { findBrowser } from './tests/browser.js';

// Handed on to the workers, which read this file too.
const executablePath = (process.env.CHROMIUM_PATH ??= findBrowser());
if (!executablePath)
	throw new Error('There is no browser to test with; `node tests/browser.js` installs one.');

// Chromium's sandbox doesn't work for root, as whom containers run.
const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

export default defineConfig({
	testDir: 'tests/e2e',
	testMatch: '**/*.e2e.ts',
	globalSetup: './tests/e2e/global-setup.ts',
	outputDir: 'tests/results/e2e',
	fullyParallel: true,
	forbidOnly: Boolean(process.env.CI),
	workers: 2,
	// A test that passes only sometimes is a failure to be understood.
	retries: 0,
	reporter: [['dot'], ['json', { outputFile: 'tests/results/e2e.json' }]],
	use: {
		browserName: 'chromium',
		locale: 'en-GB',
		// Neither UTC nor a whole hour away from it.
		timezoneId: 'Asia/Kathmandu',
		contextOptions: { reducedMotion: 'reduce' },
		trace: 'retain-on-failure',
		launchOptions: {
			executablePath,
			args: [
				...asRoot,
				'--disable-gpu',
				// Nothing but the server under test is spoken to.
				'--disable-quic',
				'--no-first-run',
				'--disable-background-networking',
				'--disable-component-update',
				'--disable-sync'
			]
		}
	},
	projects: [
		{ name: 'desktop', use: { viewport: { width: 1440, height: 900 } } },
		{
			name: 'mobile',
			grep: /@mobile/,
			use: {
				viewport: { width: 390, height: 844 },
				userAgent: devices['Pixel 7'].userAgent,
				hasTouch: true,
				isMobile: true
			}
		}
	]
});
