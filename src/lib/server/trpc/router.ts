import { accountRouter } from '../account/router';
import { authRouter } from '../auth/router';
import { eventsRouter } from '../events/router';
import { filtersRouter } from '../filters/router';
import { labelsRouter } from '../labels/router';
import { projectsRouter } from '../projects/router';
import { tasksRouter } from '../tasks/router';
import { createCallerFactory, router } from './init';

export const appRouter = router({
	account: accountRouter,
	auth: authRouter,
	events: eventsRouter,
	filters: filtersRouter,
	labels: labelsRouter,
	projects: projectsRouter,
	tasks: tasksRouter
});

/** Procedures called from the server itself: `createCaller(context).tasks.list()`. */
export const createCaller = createCallerFactory(appRouter);

export type AppRouter = typeof appRouter;
