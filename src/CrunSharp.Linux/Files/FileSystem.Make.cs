using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Linux;

public static partial class FileSystem
{
    /// <summary>False where the name is taken.</summary>
    /// <remarks>The process's umask applies to <paramref name="mode"/>, here and below.</remarks>
    [SkipLocalsInit]
    public static unsafe bool TryMakeDirectory(SafeFileHandle parent, ReadOnlySpan<byte> name, uint mode)
    {
        // Here and below the pointers are into this frame's own buffers.
        fixed (byte* pointer = Terminate(name, stackalloc byte[PathMax]))
        {
            return mkdirat(parent, pointer, mode) == 0 || Taken("mkdirat", parent, name);
        }
    }

    /// <summary>False where the name is taken. The target is kept as it is, wherever it leads.</summary>
    [SkipLocalsInit]
    public static unsafe bool TryMakeSymbolicLink(ReadOnlySpan<byte> target, SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        fixed (byte* targetPointer = Terminate(target, stackalloc byte[PathMax]), pointer = Terminate(name, stackalloc byte[PathMax]))
        {
            return symlinkat(targetPointer, parent, pointer) == 0 || Taken("symlinkat", parent, name);
        }
    }

    /// <summary>Gives a further name to the inode that <paramref name="oldName"/> names itself, be it a symbolic link. False where the name is taken.</summary>
    [SkipLocalsInit]
    public static unsafe bool TryMakeHardLink(SafeFileHandle oldParent, ReadOnlySpan<byte> oldName, SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        fixed (byte* oldPointer = Terminate(oldName, stackalloc byte[PathMax]), pointer = Terminate(name, stackalloc byte[PathMax]))
        {
            return linkat(oldParent, oldPointer, parent, pointer, 0) == 0 || Taken("linkat", parent, name);
        }
    }

    /// <summary>Makes a device, a FIFO or a socket. False where the name is taken.</summary>
    /// <remarks>Devices need CAP_MKNOD of the initial user namespace, but for overlay's whiteout (0:0), which is free since Linux 5.8.</remarks>
    [SkipLocalsInit]
    public static unsafe bool TryMakeNode(SafeFileHandle parent, ReadOnlySpan<byte> name, FileKind kind, uint mode, DeviceNumber device = default)
    {
        fixed (byte* pointer = Terminate(name, stackalloc byte[PathMax]))
        {
            return mknodat(parent, pointer, (uint)kind | mode, device.Encoded) == 0 || Taken("mknodat", parent, name);
        }
    }

    /// <summary>Removes a name that is no directory. False where there is no such name.</summary>
    [SkipLocalsInit]
    public static unsafe bool TryUnlink(SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        fixed (byte* pointer = Terminate(name, stackalloc byte[PathMax]))
        {
            return unlinkat(parent, pointer, 0) == 0 || Missing("unlinkat", parent, name);
        }
    }

    /// <summary>Removes an empty directory. False where there is no such name.</summary>
    [SkipLocalsInit]
    public static unsafe bool TryRemoveDirectory(SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        fixed (byte* pointer = Terminate(name, stackalloc byte[PathMax]))
        {
            return unlinkat(parent, pointer, LibC.AT_REMOVEDIR) == 0 || Missing("unlinkat", parent, name);
        }
    }

    /// <summary>Moves a name, in place of what has the new one unless <paramref name="replace"/> is false. False where that is taken.</summary>
    [SkipLocalsInit]
    public static unsafe bool TryRename(
        SafeFileHandle oldParent, ReadOnlySpan<byte> oldName, SafeFileHandle parent, ReadOnlySpan<byte> name, bool replace)
    {
        const uint RENAME_NOREPLACE = 1;
        fixed (byte* oldPointer = Terminate(oldName, stackalloc byte[PathMax]), pointer = Terminate(name, stackalloc byte[PathMax]))
        {
            if (renameat2(oldParent, oldPointer, parent, pointer, replace ? 0 : RENAME_NOREPLACE) == 0)
            {
                return true;
            }

            int errno = Marshal.GetLastPInvokeError();

            // A directory in the way that is not empty is a taken name too.
            return errno == LibC.EEXIST || errno == LibC.ENOTEMPTY
                ? false
                : throw Failure(errno, "renameat2", parent, name, $", from {Describe(oldParent)}/{Show(oldName)}");
        }
    }

    private static bool Taken(string call, SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        int errno = Marshal.GetLastPInvokeError();
        return errno == LibC.EEXIST ? false : throw Failure(errno, call, parent, name);
    }

    private static bool Missing(string call, SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        int errno = Marshal.GetLastPInvokeError();
        return errno == LibC.ENOENT ? false : throw Failure(errno, call, parent, name);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int mkdirat(SafeFileHandle dirfd, byte* pathname, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int symlinkat(byte* target, SafeFileHandle newdirfd, byte* linkpath);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int linkat(SafeFileHandle olddirfd, byte* oldpath, SafeFileHandle newdirfd, byte* newpath, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int mknodat(SafeFileHandle dirfd, byte* pathname, uint mode, ulong dev);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int unlinkat(SafeFileHandle dirfd, byte* pathname, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int renameat2(SafeFileHandle olddirfd, byte* oldpath, SafeFileHandle newdirfd, byte* newpath, uint flags);
}
