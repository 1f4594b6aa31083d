/** Whether tests try all, as `make thorough` does, or a part of what takes long and rarely breaks, as `make test` does. */
export const thorough = Boolean(process.env['THOROUGH']);
