import { uuidv7 } from 'uuidv7';
import { refusalOf, trpc, type Task } from '$lib/trpc';
import { keep, recall } from './kept';

/**
 * What a person did to a task, as plain data: it can be shown before it is sent, kept over a reload, and
 * sent twice without doing harm.
 */
export type Write =
	| { kind: 'create'; id: string; title: string }
	| { kind: 'rename'; id: string; title: string; instead: string }
	| { kind: 'complete' | 'reopen' | 'delete' | 'restore'; id: string };

type State = Task & { trashed: boolean };

function apply(task: State, write: Write): State {
	switch (write.kind) {
		case 'create':
			return task;
		case 'rename':
			return { ...task, title: write.title };
		case 'complete':
			return { ...task, completedAt: task.completedAt ?? new Date().toISOString() };
		case 'reopen':
			return { ...task, completedAt: null };
		case 'delete':
			return { ...task, trashed: true };
		case 'restore':
			return { ...task, trashed: false };
	}
}

/** One task: as the server has it, and with what was done to it here since. */
export class Row {
	readonly id: string;
	/** Not yet answered, in the order in which they are sent. */
	writes = $state.raw<Write[]>([]);
	saved: State;
	/** Whether it comes back to a list that it had left. */
	returns = false;
	sending = false;

	constructor(
		task: Task,
		/** A task that this page doesn't show may still have something to be sent. */
		readonly listed = true
	) {
		this.id = task.id;
		this.saved = $state.raw({ ...task, trashed: false });
	}

	get task(): State {
		return this.writes.reduce(apply, this.saved);
	}

	get isOpen(): boolean {
		return this.listed && !this.task.trashed && this.task.completedAt === null;
	}
}

/** Until the server has answered with the task itself. */
function provisional({ id, title }: { id: string; title: string }): Task {
	const now = new Date().toISOString();
	const nothing = { projectId: null, parentId: null, due: null, recurrence: null, completedAt: null };
	return {
		id,
		title,
		notes: '',
		priority: 4,
		labels: [],
		position: '',
		version: 0,
		createdAt: now,
		updatedAt: now,
		...nothing
	};
}

function opposite(write: Write): Write {
	const { id } = write;
	switch (write.kind) {
		case 'create':
		case 'restore':
			return { kind: 'delete', id };
		case 'rename':
			return { kind: 'rename', id, title: write.instead, instead: write.title };
		case 'complete':
			return { kind: 'reopen', id };
		case 'reopen':
			return { kind: 'complete', id };
		case 'delete':
			return { kind: 'restore', id };
	}
}

/** What the list has to tell the page, which finds the words and the place for it. */
export type Listener = {
	/** It was put back as it had been; `task` is how it is now. */
	refused: (write: Write, refusal: { message: string; reason?: string; field?: string }, task: Task) => void;
	failed: (message: string) => void;
	signedOut: () => void;
};

type Page = { items: Task[]; nextCursor: string | null };

/** The tasks of a page. Whatever is done to them is done here: shown at once, then sent, and taken back when refused. */
export class TaskList {
	#rows = $state.raw<Row[]>([]);
	nextCursor = $state.raw<string | null>(null);
	loading = $state.raw(false);
	/** Why nothing can be sent just now, in a sentence; what is done is kept meanwhile. */
	trouble = $state.raw<string | null>(null);

	readonly open = $derived(this.#rows.filter((row) => row.isOpen));

	readonly #userId: string;
	readonly #listener: Listener;
	/** The writes that undo takes back, the last one first. */
	#done: Write[] = [];
	#failures = 0;
	#pause: Promise<void> | null = null;
	#created: Promise<unknown> = Promise.resolve();
	#signedOut = false;

	constructor(page: Page, userId: string, listener: Listener) {
		this.#rows = page.items.map((task) => new Row(task));
		this.nextCursor = page.nextCursor;
		this.#userId = userId;
		this.#listener = listener;
	}

	get unsent(): boolean {
		return this.#rows.some((row) => row.writes.length > 0);
	}

	/** Sends again what an earlier page could not, once this one is there to show it. */
	resume = (): void => {
		for (const write of (recall(this.#userId, 'unsent') as Write[] | null) ?? []) {
			const { id } = write;
			if (write.kind === 'create') this.#insert(new Row(provisional(write)));
			else if (!this.#find(id)) this.#insert(new Row(provisional({ id, title: '' }), false));
			const row = this.#find(id);
			if (row) this.#queue(row, write);
		}
	};

	add(title: string): Write {
		const write: Write = { kind: 'create', id: uuidv7(), title };
		this.#insert(new Row(provisional(write)));
		return this.do(write);
	}

	rename(id: string, title: string): Write | null {
		const instead = this.#find(id)?.task.title;
		return instead === undefined || instead === title
			? null
			: this.do({ kind: 'rename', id, title, instead });
	}

	do(write: Write): Write {
		const row = this.#find(write.id);
		if (!row) return write;
		this.#done.push(write);
		this.#queue(row, write);
		// So that a list of which only the beginning is here never looks as if it were done.
		if (this.nextCursor && this.open.length < 10) void this.more();
		return write;
	}

	/** Takes this back, or else what was done last; tells what that was. */
	undo(write = this.#done.at(-1)): Write | null {
		if (!write || !this.#done.includes(write)) return null;
		this.#done = this.#done.filter((other) => other !== write);
		const row = this.#find(write.id);
		if (!row) return null;
		row.returns = true;
		this.#queue(row, opposite(write));
		return write;
	}

	/** Loads the next page; tells the first row of it. */
	async more(): Promise<Row | null> {
		const cursor = this.nextCursor;
		if (cursor === null || this.loading) return null;
		this.loading = true;
		try {
			const page = await trpc.tasks.list.query({ view: 'inbox', cursor, limit: 200 });
			const added = page.items.filter((task) => !this.#find(task.id)).map((task) => new Row(task));
			this.#rows = [...this.#rows, ...added];
			this.nextCursor = page.nextCursor;
			return added[0] ?? null;
		} catch (error) {
			const refusal = refusalOf(error);
			if (refusal?.httpStatus === 401) this.#listener.signedOut();
			else this.#listener.failed(refusal ? messageOf(error) : noAnswer());
			return null;
		} finally {
			this.loading = false;
		}
	}

	#find(id: string): Row | undefined {
		return this.#rows.find((row) => row.id === id);
	}

	#insert(row: Row): void {
		if (!this.#find(row.id)) this.#rows = [row, ...this.#rows];
	}

	#remove(row: Row): void {
		this.#rows = this.#rows.filter((other) => other !== row);
	}

	#queue(row: Row, write: Write): void {
		row.writes = [...row.writes, write];
		this.#keep();
		void this.#drain(row);
	}

	#keep(): void {
		// The oldest first, as they are inserted again.
		const writes = [...this.#rows].reverse().flatMap((row) => row.writes);
		keep(this.#userId, 'unsent', writes.length > 0 ? writes : null);
	}

	/** Sends what was done to a task, one after the other, so that a late answer overtakes nothing. */
	async #drain(row: Row): Promise<void> {
		if (row.sending) return;
		row.sending = true;
		for (let write = row.writes[0]; write && !this.#signedOut; write = row.writes[0]) {
			try {
				const answer = await this.#send(write, row.saved.version);
				row.saved = answer ? { ...answer, trashed: false } : { ...row.saved, trashed: true };
				row.writes = row.writes.slice(1);
				this.#failures = 0;
				this.trouble = null;
			} catch (error) {
				await this.#take(error, row, write);
			}
			this.#keep();
		}
		row.sending = false;
		if (!row.listed && row.writes.length === 0) this.#remove(row);
	}

	/** New tasks go one by one: the server orders them by their arrival. */
	#send(write: Write, version: number): Promise<Task | null> {
		if (write.kind !== 'create') return send(write, version);
		const sent = this.#created.then(() => send(write));
		this.#created = sent.catch(() => undefined);
		return sent;
	}

	/** Decides what becomes of a write that failed: it stays, it has been done after all, or it is taken back. */
	async #take(error: unknown, row: Row, write: Write): Promise<void> {
		const refusal = refusalOf(error);
		if (!refusal || refusal.httpStatus === 429 || refusal.httpStatus === 503) {
			this.trouble = refusal?.httpStatus === 429 ? messageOf(error) : noAnswer();
			await this.#wait(refusal?.retryAfter);
			return;
		}
		if (refusal.httpStatus === 401) {
			if (!this.#signedOut) this.#listener.signedOut();
			this.#signedOut = true;
			return;
		}

		if (refusal.reason === 'version_conflict' && write.kind === 'rename') {
			row.saved = { ...(refusal.current as Task), trashed: false };
			// Something else about the task had changed: the title may still be written over.
			if (row.saved.title === write.instead) return;
			if (row.saved.title === write.title) {
				row.writes = row.writes.slice(1);
				return;
			}
		}

		// A task that isn't there cannot be changed any further, and one that was never made neither.
		const gone = refusal.reason === 'not_found';
		if (gone) row.saved = { ...row.saved, trashed: true };
		row.writes = gone ? [] : row.writes.slice(1);
		if (write.kind === 'create') this.#remove(row);
		this.#done = this.#done.filter((other) => other !== write);
		const { reason, fields = {} } = refusal;
		this.#listener.refused(write, { message: messageOf(error), reason, field: fields.title?.[0] }, row.task);
	}

	/** Until it makes sense to try again: all rows wait together, and ever longer. */
	#wait(seconds?: number): Promise<void> {
		this.#pause ??= new Promise((resolve) => {
			const go = () => {
				clearTimeout(timer);
				removeEventListener('online', go);
				this.#pause = null;
				resolve();
			};
			const timer = setTimeout(go, 1000 * (seconds ?? Math.min(30, 2 ** this.#failures++)));
			addEventListener('online', go);
		});
		return this.#pause;
	}
}

/** The task as it is afterwards, or null when it is in the trash. */
async function send(write: Write, version?: number): Promise<Task | null> {
	const { id } = write;
	switch (write.kind) {
		case 'create':
			return trpc.tasks.create.mutate({ id, title: write.title });
		case 'rename':
			return trpc.tasks.update.mutate({ id, title: write.title, version });
		case 'complete':
			return trpc.tasks.setCompleted.mutate({ id, completed: true });
		case 'reopen':
			return trpc.tasks.setCompleted.mutate({ id, completed: false });
		case 'delete':
			await trpc.tasks.delete.mutate({ id });
			return null;
		case 'restore':
			return trpc.tasks.restore.mutate({ id });
	}
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

const noAnswer = () =>
	navigator.onLine
		? 'The server does not answer. What you do is kept here and sent when it is back.'
		: 'You are offline. What you do is kept here and sent when you are back.';
