/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The configuration that libmaxminddb's own build would find. */
#ifndef MAXMINDDB_CONFIG_H
#define MAXMINDDB_CONFIG_H
#define MMDB_UINT128_USING_MODE 0
#define MMDB_UINT128_IS_BYTE_ARRAY 0
#endif
