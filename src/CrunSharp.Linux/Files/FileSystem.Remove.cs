using System.Text;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Linux;

public static partial class FileSystem
{
    // Below this depth a directory is moved up before it is emptied: each level holds a descriptor open.
    private const int DeepestRemoval = 64;

    /// <summary>Removes a name and all below it, without following a link or entering a mount. False where there is no such name.</summary>
    /// <exception cref="LinuxException">EXDEV or EBUSY where something is mounted below; what was removed until then stays so.</exception>
    public static bool RemoveTree(SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        if (!TryGetStatus(parent, name, out FileStatus status))
        {
            return false;
        }

        if (status.Kind != FileKind.Directory)
        {
            return TryUnlink(parent, name);
        }

        using (SafeFileHandle top = OpenToEmpty(parent, name))
        {
            EmptyDirectory(top, top, 0);
        }

        return TryRemoveDirectory(parent, name);
    }

    /// <summary>Removes all that a directory contains.</summary>
    public static void EmptyDirectory(SafeFileHandle directory)
    {
        using SafeFileHandle top = OpenAt(directory, "."u8, OpenAs.Directory);
        EmptyDirectory(top, top, 0);
    }

    private static void EmptyDirectory(SafeFileHandle directory, SafeFileHandle top, int depth)
    {
        // Removing while reading may skip names on some file systems: read again until there is none.
        bool foundAny = true;
        while (foundAny)
        {
            foundAny = false;
            using DirectoryReader reader = new(directory);
            while (reader.Read())
            {
                foundAny = true;
                RemoveEntry(directory, reader.Name, reader.Kind, top, depth);
            }
        }
    }

    private static void RemoveEntry(SafeFileHandle directory, ReadOnlySpan<byte> name, FileKind? kind, SafeFileHandle top, int depth)
    {
        if (kind is null)
        {
            kind = TryGetStatus(directory, name, out FileStatus status) ? status.Kind : null;
        }

        if (kind != FileKind.Directory)
        {
            TryUnlink(directory, name);
            return;
        }

        if (depth == DeepestRemoval)
        {
            TryRename(directory, name, top, Encoding.ASCII.GetBytes($".removed-{Guid.NewGuid():N}"), replace: false);
            return;
        }

        using (SafeFileHandle child = OpenToEmpty(directory, name))
        {
            EmptyDirectory(child, top, depth + 1);
        }

        TryRemoveDirectory(directory, name);
    }

    private static SafeFileHandle OpenToEmpty(SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        SafeFileHandle? opened = TryOpenToEmpty(parent, name, out int errno);
        if (opened is null && errno == LibC.EACCES)
        {
            // Only without privilege: our own directory, but its mode keeps us out.
            SetMode(parent, name, 0x1C0 /* 0700 */);
            opened = TryOpenToEmpty(parent, name, out errno);
        }

        return opened ?? throw Failure(errno, "openat2", parent, name, ", to empty it");
    }

    private static SafeFileHandle? TryOpenToEmpty(SafeFileHandle parent, ReadOnlySpan<byte> name, out int errno)
    {
        const OpenAs Flags = OpenAs.Directory | OpenAs.NoFollow;
        SafeFileHandle opened;
        if (!s_lacksOpenat2)
        {
            // A mount, even of the same file system, has somebody else's files: NoDevices tells it, st_dev would not.
            opened = OpenResolved(parent, name, Flags, 0, Resolve.NoDevices | Resolve.NoSymlinks | Resolve.Beneath, out errno);
            if (errno != LibC.ENOSYS)
            {
                return errno == 0 ? opened : null;
            }

            s_lacksOpenat2 = true;
        }

        opened = OpenRaw(parent, name, Flags, 0, out errno);
        if (errno != 0)
        {
            return null;
        }

        if (GetStatus(opened).Device == GetStatus(parent).Device)
        {
            return opened;
        }

        opened.Dispose();
        errno = LibC.EXDEV;
        return null;
    }
}
