using System.Runtime.InteropServices;

namespace CrunSharp.Linux;

/// <summary>Who owns a file and who may do what with it; a link is looked at itself, not followed.</summary>
public readonly partial record struct Ownership(uint Uid, UnixFileMode Mode, bool IsDirectory)
{
    private const int AT_FDCWD = -100;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const uint STATX_TYPE_MODE_UID = 0x1 | 0x2 | 0x8;
    private const int ENOENT = 2;
    private const int EACCES = 13;
    private const int ENOTDIR = 20;

    public const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    public const UnixFileMode AnythingByOthers =
        WritableByOthers | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Null where there is nothing, or nothing that the caller may see.</summary>
    public static unsafe Ownership? Of(string path)
    {
        // struct statx is the same on every architecture: statx(2).
        byte* status = stackalloc byte[256];
        if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE_MODE_UID, status) == 0)
        {
            ushort mode = *(ushort*)(status + 28);
            return new Ownership(*(uint*)(status + 20), (UnixFileMode)(mode & 0xfff), (mode & 0xf000) == 0x4000);
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno is ENOENT or EACCES or ENOTDIR ? null : throw new LinuxException(errno, $"statx(\"{path}\")");
    }

    /// <summary>Whether executing the file gives capabilities.</summary>
    public static unsafe bool HasFileCapabilities(string path) => getxattr(path, "security.capability", null, 0) > 0;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial nint getxattr(string path, string name, byte* value, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int directory, string path, int flags, uint mask, byte* status);
}
