/** A mistake that the user can fix. Its message is one sentence that says what to do; a caller shows it without a stack. */
export class UserError extends Error {
  override name = 'UserError'
}
