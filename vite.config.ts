import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
	plugins: [tailwindcss(), sveltekit()],
	// The port that ORIGIN names by default, for forms must come from ORIGIN.
	server: { port: Number(process.env.PORT ?? 3000), strictPort: true },
	test: {
		// Neither UTC nor a whole hour away from it, so that nothing is right by accident.
		env: { TZ: 'Asia/Kathmandu' },
		projects: [
			{ extends: true, test: { name: 'unit', include: ['src/**/*.test.ts'] } },
			{
				extends: true,
				test: {
					name: 'integration',
					include: ['tests/integration/**/*.test.ts'],
					globalSetup: 'tests/integration/global-setup.ts',
					setupFiles: 'tests/integration/setup.ts',
					testTimeout: 20_000,
					hookTimeout: 60_000,
					// They mostly wait for servers and the database, so one more than vitest would take on two cores.
					maxWorkers: 2,
					sequence: { groupOrder: 1 }
				}
			},
			{
				extends: true,
				test: {
					name: 'faults',
					include: ['tests/faults/**/*.test.ts'],
					testTimeout: 120_000,
					hookTimeout: 120_000,
					// They kill, fill up and starve, which nobody beside them should have to bear.
					fileParallelism: false,
					sequence: { groupOrder: 2 }
				}
			}
		]
	}
});
