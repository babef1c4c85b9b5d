/** What is said when a form's action is done, under the name of the action. */
export const done: Partial<Record<string, string>> = {
	profile: 'Your profile is saved.',
	verification: 'The mail is on its way. Only the link in the newest one works.',
	password: 'Your password is changed, and everything else is signed out.',
	confirmTwoFactor: 'Two-factor sign-in is on.',
	disableTwoFactor: 'Two-factor sign-in is off.',
	endSession: 'That session is over.',
	endOthers: 'Everything but this browser is signed out.',
	revoke: 'The token is revoked.'
};
