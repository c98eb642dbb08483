using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Linux;

public static partial class FileSystem
{
    // Set once openat2 answered ENOSYS: before Linux 5.6, or where a seccomp filter hides it.
    private static volatile bool s_lacksOpenat2;

    /// <summary>Opens a path of the host, following links: only for paths that nobody hostile has a part in.</summary>
    public static SafeFileHandle OpenPath(string path, OpenAs flags, uint mode = 0) =>
        OpenAt(s_workingDirectory, Encoding.UTF8.GetBytes(path), flags, mode);

    /// <summary>Opens one name in a directory, without following a link unless asked to.</summary>
    /// <exception cref="LinuxException">The kernel refused; the errno is kept.</exception>
    public static SafeFileHandle OpenAt(SafeFileHandle directory, ReadOnlySpan<byte> name, OpenAs flags, uint mode = 0)
    {
        SafeFileHandle opened = OpenRaw(directory, name, flags, mode, out int errno);
        if (errno != 0)
        {
            throw Failure(errno, "openat", directory, name, $", {flags}");
        }

        return opened;
    }

    /// <summary>As <see cref="OpenAt"/>; null where there is no such name.</summary>
    public static SafeFileHandle? TryOpenAt(SafeFileHandle directory, ReadOnlySpan<byte> name, OpenAs flags, uint mode = 0)
    {
        SafeFileHandle opened = OpenRaw(directory, name, flags, mode, out int errno);
        return errno switch
        {
            0 => opened,
            _ when errno == LibC.ENOENT => null,
            _ => throw Failure(errno, "openat", directory, name, $", {flags}"),
        };
    }

    /// <summary>Makes a new file for writing; null where the name is taken, even by a link that leads nowhere.</summary>
    public static SafeFileHandle? TryCreateFile(SafeFileHandle directory, ReadOnlySpan<byte> name, uint mode)
    {
        const OpenAs Flags = OpenAs.Write | OpenAs.Create | OpenAs.Exclusive | OpenAs.NoFollow;
        SafeFileHandle opened = OpenRaw(directory, name, Flags, mode, out int errno);
        return errno switch
        {
            0 => opened,
            _ when errno == LibC.EEXIST => null,
            _ => throw Failure(errno, "openat", directory, name, $", {Flags}"),
        };
    }

    /// <summary>Opens a path as a process whose root is <paramref name="root"/> would: links and <c>..</c> end there.</summary>
    /// <remarks>openat2 (Linux 5.6) or, without it, a walk that opens each component by itself.</remarks>
    public static SafeFileHandle OpenInRoot(SafeFileHandle root, ReadOnlySpan<byte> path, OpenAs flags, uint mode = 0)
    {
        SafeFileHandle? opened = TryOpenInRoot(root, path, flags, mode, out int errno);
        return opened ?? throw Failure(errno, "openat2", root, path, $", {flags}, RESOLVE_IN_ROOT");
    }

    /// <summary>As <see cref="OpenInRoot"/>; null and the errno where it cannot be opened.</summary>
    public static SafeFileHandle? TryOpenInRoot(SafeFileHandle root, ReadOnlySpan<byte> path, OpenAs flags, uint mode, out int errno)
    {
        if (!s_lacksOpenat2)
        {
            SafeFileHandle opened = OpenResolved(root, path, flags, mode, Resolve.InRoot | Resolve.NoMagicLinks, out errno);
            if (errno == 0)
            {
                return opened;
            }

            if (errno != LibC.ENOSYS)
            {
                return null;
            }

            s_lacksOpenat2 = true;
        }

        return RootWalk.TryOpen(root, path, flags, mode, out errno);
    }

    /// <summary>As <see cref="OpenInRoot"/> for a directory whose missing parts <paramref name="maker"/> makes.</summary>
    public static SafeFileHandle EnsureDirectoryInRoot(SafeFileHandle root, ReadOnlySpan<byte> path, OpenAs flags, DirectoryMaker maker) =>
        RootWalk.TryOpen(root, path, flags | OpenAs.Directory, 0, out int errno, maker)
        ?? throw Failure(errno, "openat", root, path, $", {flags}, one component at a time");

    /// <summary>Takes the way of kernels before 5.6 from now on, for tests of it.</summary>
    internal static IDisposable WithoutOpenat2()
    {
        s_lacksOpenat2 = true;
        return new Restore();
    }

    [SkipLocalsInit]
    private static unsafe SafeFileHandle OpenRaw(SafeFileHandle directory, ReadOnlySpan<byte> name, OpenAs flags, uint mode, out int errno)
    {
        ReadOnlySpan<byte> terminated = Terminate(name, stackalloc byte[PathMax]);

        // The pointer is into this frame's own buffer.
        fixed (byte* pointer = terminated)
        {
            SafeFileHandle opened;
            do
            {
                opened = openat(directory, pointer, flags.Native(), mode);
                errno = opened.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
            }
            while (errno == LibC.EINTR);
            return opened;
        }
    }

    [SkipLocalsInit]
    private static unsafe SafeFileHandle OpenResolved(
        SafeFileHandle directory, ReadOnlySpan<byte> path, OpenAs flags, uint mode, Resolve resolve, out int errno)
    {
        ReadOnlySpan<byte> terminated = Terminate(path, stackalloc byte[PathMax]);
        open_how how = new()
        {
            flags = (uint)flags.Native(),
            mode = (flags & OpenAs.Create) != 0 ? mode : 0,
            resolve = (ulong)resolve,
        };

        // Both pointers are into this frame.
        fixed (byte* pointer = terminated)
        {
            SafeFileHandle opened;
            do
            {
                opened = openat2(SYS_openat2, directory, pointer, &how, (nuint)sizeof(open_how));
                errno = opened.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
            }
            // EAGAIN: somebody renamed beside the lookup, and the kernel would not vouch for "..".
            while (errno == LibC.EINTR || errno == LibC.EAGAIN);
            return opened;
        }
    }

    // The same number on every architecture, as all calls since 5.1.
    private const nint SYS_openat2 = 437;

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial SafeFileHandle openat(SafeFileHandle dirfd, byte* pathname, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial SafeFileHandle openat2(nint number, SafeFileHandle dirfd, byte* pathname, open_how* how, nuint size);

    private sealed class Restore : IDisposable
    {
        public void Dispose() => s_lacksOpenat2 = false;
    }
}
