#include <string.h>
#include <unistd.h>

#include "join.h"

/* Words before the verb that take the next word as their value. */
static const char *const options_with_value[] = {"--root", "--runroot", "--log-level", "--cgroup-manager"};

/* The runtime face is called from outside by design; the others look at the host as the caller sees it. */
static const char *const verbs_outside[] = {"oci", "doctor", "help", "learn", "version", "completion"};

static bool
is_among(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

#define IS_AMONG(word, words) is_among(word, words, sizeof(words) / sizeof *(words))

bool
needs_namespace(int argc, char **argv)
{
	/* A file with the set-user-ID bit would read what its caller wrote. */
	if (geteuid() == 0 || getuid() != geteuid() || getgid() != getegid())
		return false;

	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-')
			return !IS_AMONG(argv[i], verbs_outside);
		if (IS_AMONG(argv[i], options_with_value))
			i++;
	}

	return false;
}
