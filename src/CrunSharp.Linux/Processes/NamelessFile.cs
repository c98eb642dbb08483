using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Linux;

/// <summary>An executable file that no name leads to, where memory files may not be executed.</summary>
/// <remarks>
/// With privilege it lies on a read-only mount of its own that is attached nowhere, so that not even root in a
/// container can write to it through /proc/PID/exe. Without, it is a temporary file made for one process alone: what
/// is written to it later, nobody executes.
/// </remarks>
internal static unsafe partial class NamelessFile
{
    // Equal on x86-64 and arm64, as all calls since 5.1.
    private const nint SYS_fsopen = 430;
    private const nint SYS_fsconfig = 431;
    private const nint SYS_fsmount = 432;
    private const nint SYS_mount_setattr = 442;

    private const uint FSOPEN_CLOEXEC = 1;
    private const uint FSCONFIG_CMD_CREATE = 6;
    private const uint FSMOUNT_CLOEXEC = 1;
    private const uint AT_EMPTY_PATH = 0x1000;
    private const ulong MOUNT_ATTR_RDONLY = 1;
    private const int O_TMPFILE = 0x400000;
    private const int X_OK = 1;
    private const uint ReadAndExecute = 0x140; // 0500

    // Memory before disks; some hosts mount some of them noexec.
    private static readonly string[] s_places = ["/dev/shm", "/run", "/tmp", "/var/tmp"];

    /// <exception cref="LinuxException">No place of this host takes an executable file.</exception>
    public static SafeFileHandle Create(ReadOnlySpan<byte> bytes) =>
        TryOnOwnMount(bytes) ?? TryIn(Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"), bytes) ?? InFirst(bytes);

    private static SafeFileHandle InFirst(ReadOnlySpan<byte> bytes)
    {
        foreach (string place in s_places)
        {
            if (TryIn(place, bytes) is { } file)
            {
                return file;
            }
        }

        throw new LinuxException(LibC.EACCES, $"open(O_TMPFILE) for a file that may be executed, in {string.Join(", ", s_places)}");
    }

    private static SafeFileHandle? TryOnOwnMount(ReadOnlySpan<byte> bytes)
    {
        using SafeFileHandle? mount = TryMount();
        if (mount is null)
        {
            return null;
        }

        string path = $"/proc/self/fd/{mount.DangerousGetHandle()}/stage";
        using (SafeFileHandle? writable = Descriptors.TryOpen(path, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_EXCL, ReadAndExecute))
        {
            if (writable is null)
            {
                return null;
            }

            Descriptors.Write(writable, bytes);
        }

        // The pointers are to this frame and to constant bytes.
        MountTree.mount_attr attributes = new() { set = MOUNT_ATTR_RDONLY };
        fixed (byte* empty = "\0"u8)
        {
            return mount_setattr(SYS_mount_setattr, mount, empty, AT_EMPTY_PATH, &attributes, (nuint)sizeof(MountTree.mount_attr)) == 0
                ? Descriptors.TryOpen(path, LibC.O_RDONLY)
                : null;
        }
    }

    private static SafeFileHandle? TryMount()
    {
        nint opened = fsopen(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
        if (opened < 0)
        {
            return null;
        }

        using SafeFileHandle system = new(opened, ownsHandle: true);
        if (fsconfig(SYS_fsconfig, system, FSCONFIG_CMD_CREATE, 0, 0, 0) < 0)
        {
            return null;
        }

        nint mount = fsmount(SYS_fsmount, system, FSMOUNT_CLOEXEC, 0);
        return mount < 0 ? null : new SafeFileHandle(mount, ownsHandle: true);
    }

    private static SafeFileHandle? TryIn(string? directory, ReadOnlySpan<byte> bytes)
    {
        if (directory is not ['/', ..])
        {
            return null;
        }

        try
        {
            using SafeFileHandle writable = Descriptors.Open(directory, O_TMPFILE | LibC.O_DIRECTORY | LibC.O_RDWR | LibC.O_EXCL, ReadAndExecute);
            string path = $"/proc/self/fd/{writable.DangerousGetHandle()}";

            // On a mount that is noexec nothing is executable.
            if (access(path, X_OK) != 0)
            {
                return null;
            }

            // Nothing is executed that somebody may still write to: the last such descriptor goes here.
            Descriptors.Write(writable, bytes);
            return Descriptors.TryOpen(path, LibC.O_RDONLY);
        }
        catch (LinuxException)
        {
            // Not this user's, or of a file system without such files: the next place is tried.
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint fsopen(nint number, string type, uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint fsconfig(nint number, SafeFileHandle system, uint command, nint key, nint value, int aux);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint fsmount(nint number, SafeFileHandle system, uint flags, uint attributes);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint mount_setattr(nint number, SafeFileHandle directory, byte* path, uint flags, MountTree.mount_attr* attributes, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string path, int mode);
}
