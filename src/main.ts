/** The server's process: reads the config, starts, and stops cleanly on SIGTERM or SIGINT. */
import { readConfig } from './config.ts'
import { isUserError } from './domain/user-error.ts'
import { startApp } from './start.ts'

/** What to change when the server cannot listen on its address, by error code. */
const LISTEN_ERRORS: Record<string, string> = {
  EADDRINUSE: 'The port is in use. Set PORT to another, or to 0 for a free one.',
  EADDRNOTAVAIL: 'HOST is not an address of this machine. Set it to 0.0.0.0 to listen on all addresses.',
  EACCES: 'This user may not listen on PORT. Set it to 1024 or more.',
  ENOTFOUND:
    'HOST cannot be resolved. Set it to an address of this machine, or to 0.0.0.0 for all addresses.',
}

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
  const { code = '', message } = error as { code?: string; message: string }
  const sentence = LISTEN_ERRORS[code]
  process.stderr.write(`${sentence ?? message}\n`)
  // Exits at once: an embedded database that failed to open would keep the process running indefinitely.
  process.exit(isUserError(error) || sentence ? 2 : 1)
}
