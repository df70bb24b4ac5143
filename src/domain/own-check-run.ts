/** Prefix of the `external_id` of check runs that this app creates. They test nothing and are never read as results. */
export const OWN_CHECK_RUN = 'flake-sla:'
