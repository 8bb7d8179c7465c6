#define _XOPEN_SOURCE 700 /* mkdtemp; NOLINT(bugprone-reserved-identifier,cert-dcl37-c) */

#include "dicom_tool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "status.h"

enum { NAME = 64, NOT_FOUND = 127 };

#define COMPLAINED "complained"

/* What a program may take: 40 megapixels need a tenth of it; a file that unpacks without end is stopped. */
static const struct {
  int what;
  rlim_t most;
} LIMITS[] = {
    {RLIMIT_AS, (rlim_t)4 << 30}, {RLIMIT_FSIZE, (rlim_t)1 << 30}, {RLIMIT_CPU, 120 /* s */}, {RLIMIT_CORE, 0}};

/* ---- signals ---- */

static const int ENDING[] = {SIGHUP, SIGINT, SIGTERM};
enum { ENDINGS = sizeof ENDING / sizeof *ENDING };

unsigned dicom_hold(void) {
  unsigned held = 0;
  sigset_t all, before;
  sigemptyset(&all);
  for (int i = 0; i < ENDINGS; i++) sigaddset(&all, ENDING[i]);
  if (pthread_sigmask(SIG_BLOCK, &all, &before) != 0) return 0;
  for (int i = 0; i < ENDINGS; i++) /* what waited before is not ours to let go */
    if (sigismember(&before, ENDING[i]) == 0) held |= 1u << i;
  return held;
}

void dicom_let_go(unsigned held) {
  sigset_t all;
  sigemptyset(&all);
  for (int i = 0; i < ENDINGS; i++)
    if (held >> i & 1) sigaddset(&all, ENDING[i]);
  (void)pthread_sigmask(SIG_UNBLOCK, &all, NULL);
}

/* ---- the folder ---- */

static bool full_name(const dicom_folder *folder, const char *name, char path[sizeof folder->path + NAME]) {
  return snprintf(path, sizeof folder->path + NAME, "%s/%.*s", folder->path, NAME - 2, name) > 0;
}

static vm_status no_room(const dicom_folder *folder, vm_error *err) {
  return status_fail(err, VM_ERR_RUNTIME, "%s: %s; make room there, or set TMPDIR to another folder", folder->path,
                     strerror(errno));
}

vm_status dicom_folder_open(dicom_folder *out, vm_error *err) {
  const char *parent = getenv("TMPDIR");
  if (parent == NULL || *parent == 0) parent = "/tmp";
  int n = snprintf(out->path, sizeof out->path, "%s/vmnet-XXXXXX", parent);
  bool fits = n > 0 && (size_t)n < sizeof out->path;
  out->held = dicom_hold();
  if (fits && mkdtemp(out->path) != NULL) return VM_OK;
  if (!fits) errno = ENAMETOOLONG;
  vm_status status = no_room(out, err);
  out->path[0] = 0;
  dicom_let_go(out->held);
  return status;
}

void dicom_folder_close(dicom_folder *folder) {
  if (folder->path[0] == 0) return;
  DIR *all = opendir(folder->path);
  int at = all != NULL ? dirfd(all) : -1;
  for (struct dirent *e; at >= 0 && (e = readdir(all)) != NULL;)
    if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) (void)unlinkat(at, e->d_name, 0);
  if (all != NULL) closedir(all);
  (void)rmdir(folder->path);
  folder->path[0] = 0;
  dicom_let_go(folder->held);
}

vm_status dicom_folder_write(const dicom_folder *folder, const char *name, const void *data, size_t size,
                             vm_error *err) {
  char path[sizeof folder->path + NAME];
  FILE *f = full_name(folder, name, path) ? fopen(path, "wb") : NULL;
  bool good = f != NULL && fwrite(data, 1, size, f) == size;
  if (f != NULL && fclose(f) != 0) good = false;
  return good ? VM_OK : no_room(folder, err);
}

vm_status dicom_folder_read(const dicom_folder *folder, const char *name, uint8_t **out, size_t *size, vm_error *err) {
  char path[sizeof folder->path + NAME];
  struct stat st;
  *out = NULL;
  *size = 0;
  FILE *f = full_name(folder, name, path) ? fopen(path, "rb") : NULL;
  if (f == NULL) return VM_OK;
  if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode)) {
    *size = (size_t)st.st_size;
    *out = malloc(*size + 1);
  }
  if (*out != NULL) {
    *size = fread(*out, 1, *size, f);
    (*out)[*size] = 0;
  }
  fclose(f);
  if (*out != NULL) return VM_OK;
  return status_fail(err, VM_ERR_MEMORY, "photograph: no memory for %zu MiB of a DICOM object; close other programs",
                     (*size >> 20) + 1);
}

static bool copy(FILE *from, FILE *to) {
  char part[1 << 16];
  size_t n = sizeof part;
  while (n == sizeof part) {
    n = fread(part, 1, sizeof part, from);
    if (fwrite(part, 1, n, to) != n) return false;
  }
  return !ferror(from);
}

bool dicom_folder_copy(const dicom_folder *folder, const char *name, const char *to) {
  char path[sizeof folder->path + NAME];
  FILE *from = full_name(folder, name, path) ? fopen(path, "rb") : NULL;
  FILE *out = from != NULL ? fopen(to, "wb") : NULL;
  bool good = out != NULL && copy(from, out);
  if (from != NULL) fclose(from);
  if (out != NULL && fclose(out) != 0) good = false;
  int why = errno;
  if (out != NULL && !good) (void)remove(to);
  errno = why;
  return good;
}

/* ---- programs ---- */

/* In the new process: only what may be called between fork and exec. setrlimit and execvp are not on POSIX's list; here
 * they neither allocate nor lock (glibc from 2.24 on, musl). */
static void become(const dicom_folder *folder, char *const *words) {
  for (size_t i = 0; i < sizeof LIMITS / sizeof *LIMITS; i++) {
    struct rlimit limit = {LIMITS[i].most, LIMITS[i].most};
    (void)setrlimit(LIMITS[i].what, &limit); /* one that is lower already stays */
  }
  int in = open("/dev/null", O_RDONLY);
  if (in < 0 || chdir(folder->path) != 0) _exit(NOT_FOUND - 1);
  int out = open(DICOM_SAID, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  int err = open(COMPLAINED, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (out < 0 || err < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) _exit(NOT_FOUND - 1);
  dicom_let_go(folder->held); /* it would wait, too */
  execvp(words[0], words);
  _exit(NOT_FOUND);
}

vm_status dicom_run(const dicom_folder *folder, const char *package, const char *const *words, bool *good,
                    vm_error *err) {
  *good = false;
  pid_t child = fork();
  if (child == 0) become(folder, (char *const *)words); /* execvp changes none of them */
  int state = 0;
  pid_t ended = child;
  while (child > 0 && (ended = waitpid(child, &state, 0)) < 0 && errno == EINTR) continue;
  if (child < 0 || ended < 0)
    return status_fail(err, VM_ERR_RUNTIME, "%s could not be started (%s); close other programs", words[0],
                       strerror(errno));
  if (WIFEXITED(state) && WEXITSTATUS(state) == NOT_FOUND)
    return status_fail_as(err, VM_ERR_RUNTIME, "tool",
                          "a DICOM object, and %s, which is needed for it, is not on PATH; install the package %s",
                          words[0], package);
  *good = WIFEXITED(state) && WEXITSTATUS(state) == 0;
  return VM_OK;
}

void dicom_complaint(const dicom_folder *folder, const char *otherwise, char *out, size_t room) {
  char path[sizeof folder->path + NAME], text[4096];
  FILE *f = full_name(folder, COMPLAINED, path) ? fopen(path, "rb") : NULL;
  text[f != NULL ? fread(text, 1, sizeof text - 1, f) : 0] = 0;
  if (f != NULL) fclose(f);
  const char *first = strstr(text, "E: ");
  snprintf(out, room, "%.*s", first != NULL ? (int)strcspn(first + 3, "\n") : 0, first != NULL ? first + 3 : "");
  char *name = strstr(out, ": reading file");
  if (name != NULL) *name = 0;
  for (char *c = out; *c != 0; c++)
    if ((unsigned char)*c < ' ' || (unsigned char)*c > 126) *c = '?';
  if (*out == 0) snprintf(out, room, "%s", otherwise);
}
