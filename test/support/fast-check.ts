/** Made-up histories are the same in every run, so that a red test is red again; FAST_CHECK_SEED tries others. */
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_202) })
