/** A mistake that the person can mend: its message is one sentence that says what to do, and no stack is shown. */
export class UserError extends Error {
  override name = 'UserError'
}
