using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Linux;

public static partial class FileSystem
{
    private const int AT_EMPTY_PATH = 0x1000;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const long PROC_SUPER_MAGIC = 0x9FA0;

    /// <summary>What an open descriptor is, also of one opened with <see cref="OpenAs.Path"/>.</summary>
    public static FileStatus GetStatus(SafeFileHandle handle) =>
        TryGetStatus(handle, default, out FileStatus status) ? status : throw Failure(LibC.ENOENT, "statx", handle, default);

    /// <summary>What a name is, a symbolic link itself included. False where there is no such name.</summary>
    [SkipLocalsInit]
    public static unsafe bool TryGetStatus(SafeFileHandle parent, ReadOnlySpan<byte> name, out FileStatus status)
    {
        int flags = AT_SYMLINK_NOFOLLOW | (name.IsEmpty ? AT_EMPTY_PATH : 0);
        statx raw;
        status = default;

        // The pointers are into this frame.
        fixed (byte* pointer = Terminate(name, stackalloc byte[PathMax]))
        {
            if (statx(parent, pointer, flags, LibC.STATX_BASIC_STATS, &raw) != 0)
            {
                return Missing("statx", parent, name);
            }
        }

        status = new FileStatus
        {
            Device = new DeviceNumber(raw.stx_dev_major, raw.stx_dev_minor).Encoded,
            Inode = raw.stx_ino,
            Kind = (FileKind)(raw.stx_mode & 0xF000),
            Mode = raw.stx_mode & 0xFFFu,
            Owner = raw.stx_uid,
            Group = raw.stx_gid,
            Links = raw.stx_nlink,
            Size = (long)raw.stx_size,
            Node = new DeviceNumber(raw.stx_rdev_major, raw.stx_rdev_minor),
            Modified = new FileTime(raw.stx_mtime.tv_sec, raw.stx_mtime.tv_nsec),
            Accessed = new FileTime(raw.stx_atime.tv_sec, raw.stx_atime.tv_nsec),
            Blocks = (long)raw.stx_blocks,
        };
        return true;
    }

    public static void SetMode(SafeFileHandle handle, uint mode)
    {
        if (fchmod(handle, mode) != 0)
        {
            throw Failure("fchmod", handle, default, $", 0{Convert.ToString(mode, 8)}");
        }
    }

    /// <summary>Sets the mode of a name that is no symbolic link; one that is fails with EOPNOTSUPP and nothing changes.</summary>
    /// <remarks>fchmodat2 (Linux 6.6) or what libc does instead, which needs /proc.</remarks>
    [SkipLocalsInit]
    public static unsafe void SetMode(SafeFileHandle parent, ReadOnlySpan<byte> name, uint mode)
    {
        fixed (byte* pointer = Terminate(name, stackalloc byte[PathMax]))
        {
            if (fchmodat(parent, pointer, mode, AT_SYMLINK_NOFOLLOW) != 0)
            {
                throw Failure("fchmodat", parent, name, $", 0{Convert.ToString(mode, 8)}");
            }
        }
    }

    /// <remarks>Clears setuid, setgid and file capabilities: the owner is set first.</remarks>
    public static void SetOwner(SafeFileHandle handle, uint owner, uint group)
    {
        if (fchown(handle, owner, group) != 0)
        {
            throw Failure("fchown", handle, default, $", {owner}, {group}");
        }
    }

    /// <summary>Sets the owner of a name, a symbolic link itself included.</summary>
    [SkipLocalsInit]
    public static unsafe void SetOwner(SafeFileHandle parent, ReadOnlySpan<byte> name, uint owner, uint group)
    {
        fixed (byte* pointer = Terminate(name, stackalloc byte[PathMax]))
        {
            if (fchownat(parent, pointer, owner, group, AT_SYMLINK_NOFOLLOW) != 0)
            {
                throw Failure("fchownat", parent, name, $", {owner}, {group}");
            }
        }
    }

    public static unsafe void SetTimes(SafeFileHandle handle, FileTime accessed, FileTime modified)
    {
        timespec* times = stackalloc timespec[2];
        Fill(times, accessed, modified);
        if (futimens(handle, times) != 0)
        {
            throw Failure("futimens", handle, default);
        }
    }

    /// <summary>Sets the times of a name, a symbolic link itself included.</summary>
    [SkipLocalsInit]
    public static unsafe void SetTimes(SafeFileHandle parent, ReadOnlySpan<byte> name, FileTime accessed, FileTime modified)
    {
        timespec* times = stackalloc timespec[2];
        Fill(times, accessed, modified);
        fixed (byte* pointer = Terminate(name, stackalloc byte[PathMax]))
        {
            if (utimensat(parent, pointer, times, AT_SYMLINK_NOFOLLOW) != 0)
            {
                throw Failure("utimensat", parent, name);
            }
        }
    }

    /// <summary>Where the symbolic link that <paramref name="link"/> is open on (with Path and NoFollow) leads.</summary>
    public static byte[] ReadLink(SafeFileHandle link) => ReadLink(link, default);

    /// <summary>Where a symbolic link leads, as bytes.</summary>
    [SkipLocalsInit]
    public static unsafe byte[] ReadLink(SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        byte* buffer = stackalloc byte[PathMax];
        fixed (byte* pointer = Terminate(name, stackalloc byte[PathMax]))
        {
            nint length = readlinkat(parent, pointer, buffer, PathMax);
            return length >= 0 ? new ReadOnlySpan<byte>(buffer, (int)length).ToArray() : throw Failure("readlinkat", parent, name);
        }
    }

    /// <summary>Whether the file's own attributes let nobody change it: immutable, or for appending only.</summary>
    /// <remarks>statx(2), STATX_ATTR_IMMUTABLE and STATX_ATTR_APPEND.</remarks>
    public static unsafe bool IsImmutable(SafeFileHandle handle)
    {
        const ulong ImmutableOrAppend = 0x30;
        statx raw;
        byte empty = 0;
        return statx(handle, &empty, AT_EMPTY_PATH, LibC.STATX_BASIC_STATS, &raw) == 0 && ((ulong)raw.stx_attributes & ImmutableOrAppend) != 0;
    }

    /// <summary>Whether the descriptor is on procfs.</summary>
    public static unsafe bool IsProc(SafeFileHandle handle)
    {
        // struct statfs begins with f_type, of the word's size; 256 bytes hold all of it on every architecture.
        long* buffer = stackalloc long[32];
        return fstatfs(handle, buffer) == 0 ? *(nint*)buffer == PROC_SUPER_MAGIC : throw Failure("fstatfs", handle, default);
    }

    private static unsafe void Fill(timespec* times, FileTime accessed, FileTime modified)
    {
        times[0] = new timespec { tv_sec = accessed.Seconds, tv_nsec = (int)accessed.Nanoseconds };
        times[1] = new timespec { tv_sec = modified.Seconds, tv_nsec = (int)modified.Nanoseconds };
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int statx(SafeFileHandle dirfd, byte* pathname, int flags, uint mask, statx* buffer);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchmod(SafeFileHandle fd, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int fchmodat(SafeFileHandle dirfd, byte* pathname, uint mode, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchown(SafeFileHandle fd, uint owner, uint group);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int fchownat(SafeFileHandle dirfd, byte* pathname, uint owner, uint group, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int futimens(SafeFileHandle fd, timespec* times);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int utimensat(SafeFileHandle dirfd, byte* pathname, timespec* times, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint readlinkat(SafeFileHandle dirfd, byte* pathname, byte* buffer, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int fstatfs(SafeFileHandle fd, void* buffer);
}
