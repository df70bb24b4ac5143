/** A mistake that the user can fix. Its message is one sentence that says what to do, and no stack is shown. */
export class UserError extends Error {
  override name = 'UserError'
}

/** Whether an error is meant for the user. Packages have classes of their own for it, so the name decides. */
export function isUserError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'UserError'
}

/** The message of anything that was thrown, without the documentation address that Octokit adds to GitHub's. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split(' - https://')[0] ?? message
}
