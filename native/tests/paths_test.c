/* Paths in a hostile root. Each test is run twice: with openat2, and with its older way. */
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "paths.h"
#include "test.h"

static struct stage stage;

/* A root beside a directory of the "host" that must stay as it is. */
static void
make_root(void)
{
	CHECK_INT(mkdir("host", 0755), 0);
	put_file("host/secret", "host's");
	CHECK_INT(mkdir("root", 0755), 0);
	CHECK_INT(mkdir("root/etc", 0755), 0);
	put_file("root/etc/inside", "image's");
	CHECK_INT(symlink("/etc/inside", "root/absolute"), 0);
	CHECK_INT(symlink("../../../../../../etc/inside", "root/etc/above"), 0);
	CHECK_INT(symlink("../host", "root/out"), 0);
	CHECK_INT(symlink(scratch(), "root/host-directory"), 0);
	CHECK_INT(symlink("loop", "root/loop"), 0);
	CHECK_INT(symlink("etc", "root/link"), 0);
	CHECK_INT(symlink("/run/made", "root/dangling"), 0);
	CHECK_INT(symlink("../run/relative", "root/etc/dangling"), 0);
	stage.root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(stage.root >= 0);
}

static void
without_openat2(void)
{
	static const int numbers[] = {SYS_openat2};

	without_calls(numbers, 1);
}

static void
check_reads(const char *path)
{
	char text[32] = "";
	int fd = open_in_root(&stage, path, O_RDONLY);

	if (fd < 0)
		FAIL("open '%s': %s", path, strerror(errno));
	CHECK(read(fd, text, sizeof text - 1) > 0);
	close(fd);
	CHECK_TEXT(text, "image's");
}

static void
check_refuses(const char *path, int flags, int error)
{
	errno = 0;
	int fd = open_in_root(&stage, path, flags);

	if (fd >= 0 || errno != error)
		FAIL("'%s': %s, not %s", path, fd >= 0 ? "opened" : strerror(errno), strerror(error));
}

static void
links_stay_inside(void)
{
	check_reads("/etc/inside");
	check_reads("etc/inside");
	check_reads("//etc/./../etc/inside");
	check_reads("/../../../etc/inside");
	check_reads("/absolute");
	check_reads("/etc/above");
	check_reads("/link/inside");
	check_reads("/link/../etc/inside");
	check_refuses("/out/secret", O_PATH, ENOENT);
	check_refuses("/host-directory/host/secret", O_PATH, ENOENT);
	check_refuses("/etc/../../host/secret", O_PATH, ENOENT);
	check_refuses("/loop", O_PATH, ELOOP);
	check_refuses("/etc/inside/x", O_PATH, ENOTDIR);
	check_refuses("/etc/inside", O_PATH | O_DIRECTORY, ENOTDIR);
	check_refuses("/etc/inside/", O_PATH | O_DIRECTORY, ENOTDIR);

	int root = open_in_root(&stage, "/..", O_PATH | O_DIRECTORY);
	struct stat found, expected;
	CHECK_INT(fstat(root, &found), 0);
	CHECK_INT(fstat(stage.root, &expected), 0);
	CHECK_INT(found.st_ino, expected.st_ino);
}

TEST(OpenInRoot_LinksAndDots_StayInside)
{
	make_root();
	links_stay_inside();
}

TEST(OpenInRoot_WithoutOpenat2_LinksAndDotsStayInside)
{
	make_root();
	without_openat2();
	links_stay_inside();
}

static void
no_links(void)
{
	errno = 0;
	CHECK(open_without_links(stage.root, "/link/inside", O_PATH) < 0);
	CHECK_INT(errno, ELOOP);
	CHECK(open_without_links(stage.root, "/absolute", O_PATH) < 0);
	CHECK_INT(errno, ELOOP);
	CHECK(open_without_links(stage.root, "/etc/inside", O_PATH) >= 0);
}

TEST(OpenWithoutLinks_ALinkInThePath_IsRefused)
{
	make_root();
	no_links();
}

TEST(OpenWithoutLinks_WithoutOpenat2_ALinkInThePathIsRefused)
{
	make_root();
	without_openat2();
	no_links();
}

TEST(OpenInRoot_MagicLink_LeadsNowhere)
{
	char path[64];
	int host;

	make_root();
	host = open("host", O_RDONLY | O_DIRECTORY);
	CHECK(host >= 0);
	stage.root = open("/", O_PATH | O_DIRECTORY);
	snprintf(path, sizeof path, "/proc/self/fd/%d/secret", host);
	check_refuses(path, O_PATH, ELOOP);
}

static void
makes_inside(void)
{
	struct stat status;
	int fd;

	fd = make_directories(&stage, "/a/b/c", 0711);
	CHECK(fd >= 0);
	CHECK_INT(stat("root/a/b/c", &status), 0);
	CHECK_INT(status.st_mode & 0777, 0711);
	CHECK(make_directories(&stage, "/a/b/c", 0711) >= 0);
	/* An escape that would make directories on the host makes them in the root. */
	CHECK(make_directories(&stage, "/../../../x/y", 0755) >= 0);
	CHECK(is_there("root/x/y"));
	CHECK(make_directories(&stage, "/out/z", 0755) >= 0);
	CHECK(is_there("root/host/z"));
	/* A link to what is not there yet: what it means is made, in the root. */
	CHECK(make_directories(&stage, "/dangling/deep", 0755) >= 0);
	CHECK(is_there("root/run/made/deep"));
	CHECK(make_target(&stage, "/etc/dangling", false) >= 0);
	CHECK_INT(stat("root/run/relative", &status), 0);
	CHECK(S_ISREG(status.st_mode));
	CHECK(make_directories(&stage, "/loop/x", 0755) < 0);
	CHECK_INT(errno, ELOOP);
	CHECK(make_directories(&stage, "/etc/inside/x", 0755) < 0);
	CHECK_INT(errno, ENOTDIR);
	CHECK_INT(count_entries("host"), 1);
	CHECK_INT(count_entries("."), 2);
}

TEST(MakeDirectories_HostilePaths_AreMadeInTheRoot)
{
	make_root();
	umask(0);
	makes_inside();
}

TEST(MakeDirectories_WithoutOpenat2_HostilePathsAreMadeInTheRoot)
{
	make_root();
	umask(0);
	without_openat2();
	makes_inside();
}

TEST(MakeParent_PathWithoutName_IsRefused)
{
	char name[NAME_MAX + 1];

	make_root();
	CHECK(make_parent(&stage, "/", name) < 0);
	CHECK_INT(errno, EINVAL);
	CHECK(make_parent(&stage, "/etc/..", name) < 0);
	CHECK_INT(errno, EINVAL);
	CHECK(make_parent(&stage, "/new/name//", name) >= 0);
	CHECK_TEXT(name, "name");
	CHECK(is_there("root/new"));
}

TEST(OpenInRoot_LongPath_IsRefused)
{
	static char path[PATH_MAX + 10];

	make_root();
	memset(path, 'a', sizeof path - 1);
	for (size_t i = 0; i < sizeof path - 1; i += 100)
		path[i] = '/';
	check_refuses(path, O_PATH, ENAMETOOLONG);
	CHECK(make_directories(&stage, path, 0755) < 0);
	without_openat2();
	check_refuses(path, O_PATH, ENAMETOOLONG);
}

/* CVE-2024-45310, CVE-2021-30465: somebody swaps a directory for a link to the host meanwhile. */
TEST(Cve2024_45310_SwappedDirectory_NothingIsMadeOnTheHost)
{
	char outside[PATH_MAX];

	make_root();
	CHECK_INT(mkdir("root/volume", 0755), 0);
	CHECK_INT(mkdir("root/real", 0755), 0);
	snprintf(outside, sizeof outside, "%s/host", scratch());
	CHECK_INT(symlink(outside, "root/fake"), 0);

	int swapper = fork();
	if (swapper == 0) {
		for (;;) {
			(void)syscall(SYS_renameat2, AT_FDCWD, "root/real", AT_FDCWD, "root/fake", 2 /* RENAME_EXCHANGE */);
			(void)syscall(SYS_renameat2, AT_FDCWD, "root/fake", AT_FDCWD, "root/real", 2);
		}
	}
	for (int round = 0; round < 3000; round++) {
		char path[64];

		snprintf(path, sizeof path, "/real/a%d/b", round);
		close(make_directories(&stage, path, 0755));
		snprintf(path, sizeof path, "/real/f%d", round);
		close(make_target(&stage, path, false));
	}
	kill(swapper, SIGKILL);
	CHECK_INT(count_entries("host"), 1);
}
