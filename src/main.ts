/** The server's process: settings, start, and a clean end on SIGTERM or SIGINT. */
import { readConfig } from './config.ts'
import { UserError } from './domain/user-error.ts'
import { startApp } from './start.ts'

try {
  const app = await startApp(readConfig(process.env))
  process.stderr.write(`flake-sla listens on ${app.url}\n`)
  if (app.setUpUrl) process.stderr.write(`Set it up at ${app.setUpUrl}\n`)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      app.close().then(
        () => process.exit(0),
        () => process.exit(1),
      )
    })
  }
} catch (error) {
  const { code, message } = error as { code?: string; message: string }
  if (code === 'EADDRINUSE')
    process.stderr.write('The port is in use. Set PORT to another, or to 0 for a free one.\n')
  else process.stderr.write(`${message}\n`)
  // At once: an embedded database that could not be opened would keep the process for ever.
  process.exit(error instanceof UserError || code === 'EADDRINUSE' ? 2 : 1)
}
