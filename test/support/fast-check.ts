/** Property tests use one seed, so that a failure can be repeated. FAST_CHECK_SEED sets another. */
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_202) })
