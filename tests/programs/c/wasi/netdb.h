/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* getaddrinfo() for numeric addresses, as libmaxminddb needs it: the C library of WASI 0.1 has none. */
#ifndef NETDB_H
#define NETDB_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct addrinfo {
  int ai_flags;
  int ai_family;
  int ai_socktype;
  int ai_protocol;
  socklen_t ai_addrlen;
  struct sockaddr *ai_addr;
  char *ai_canonname;
  struct addrinfo *ai_next;
};

#define AI_NUMERICHOST 4
#define AI_V4MAPPED 8
#define EAI_NONAME (-2)
#define EAI_MEMORY (-10)
#define EAI_SYSTEM (-11)
#define EAI_ADDRFAMILY (-9)

static inline int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                              struct addrinfo **result) {
  struct {
    struct addrinfo info;
    union {
      struct sockaddr_in v4;
      struct sockaddr_in6 v6;
    };
  } *found = calloc(1, sizeof *found);
  (void)service;
  if (!found)
    return EAI_MEMORY;
  const int family = hints ? hints->ai_family : AF_UNSPEC;
  found->info.ai_addr = (struct sockaddr *)&found->v4;
  if (family != AF_INET6 && inet_pton(AF_INET, host, &found->v4.sin_addr) == 1) {
    found->v4.sin_family = AF_INET;
    found->info.ai_addrlen = sizeof found->v4;
  } else if (family != AF_INET && inet_pton(AF_INET6, host, &found->v6.sin6_addr) == 1) {
    found->v6.sin6_family = AF_INET6;
    found->info.ai_addrlen = sizeof found->v6;
  } else if (family == AF_INET6 && (hints->ai_flags & AI_V4MAPPED) &&
             inet_pton(AF_INET, host, &found->v6.sin6_addr.s6_addr[12]) == 1) {
    found->v6.sin6_family = AF_INET6;
    memset(&found->v6.sin6_addr.s6_addr[10], 0xff, 2);
    found->info.ai_addrlen = sizeof found->v6;
  } else {
    free(found);
    return EAI_NONAME;
  }
  found->info.ai_family = found->info.ai_addr->sa_family;
  *result = &found->info;
  return 0;
}

static inline void freeaddrinfo(struct addrinfo *info) { free(info); }

static inline const char *gai_strerror(int error) {
  return error == EAI_NONAME ? "Name or service not known" : "error of getaddrinfo";
}

#endif
