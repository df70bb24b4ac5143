/**
 * Reads `.env`, where the set-up page stores the app's credentials, if there is one. The npm scripts import it before the program
 * starts, and tests do not. Variables that are already set win.
 */
import { existsSync } from 'node:fs'

if (existsSync('.env')) process.loadEnvFile()
