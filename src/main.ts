/** The server's process: settings, start, and a clean end on SIGTERM or SIGINT. */
import { readConfig } from './config.ts'
import { isUserError } from './domain/user-error.ts'
import { startApp } from './start.ts'

/** Why the address cannot be listened to. */
const LISTENING: Record<string, string> = {
  EADDRINUSE: 'The port is in use. Set PORT to another, or to 0 for a free one.',
  EADDRNOTAVAIL: 'HOST is no address of this machine. Set it to 0.0.0.0 to listen on all of them.',
  EACCES: 'PORT is one that this user may not listen on. Set it to 1024 or more.',
  ENOTFOUND: 'HOST is not known. Set it to an address of this machine, or to 0.0.0.0 for all of them.',
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
  const sentence = LISTENING[code]
  process.stderr.write(`${sentence ?? message}\n`)
  // At once: an embedded database that could not be opened would keep the process for ever, and open connections for seconds.
  process.exit(isUserError(error) || sentence ? 2 : 1)
}
