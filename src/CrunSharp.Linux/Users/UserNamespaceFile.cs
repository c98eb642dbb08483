using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Linux;

/// <summary>An open user namespace: <c>/proc/PID/ns/user</c>.</summary>
/// <remarks>ioctl_ns(2), Linux 4.11.</remarks>
public sealed partial class UserNamespaceFile : IDisposable
{
    private const nuint NS_GET_PARENT = 0xb702;
    private const nuint NS_GET_OWNER_UID = 0xb704;

    private UserNamespaceFile(SafeFileHandle handle) => Handle = handle;

    public SafeFileHandle Handle { get; }

    /// <summary>Its number, which another may get once it is gone.</summary>
    public ulong Inode => NumberOf($"/proc/self/fd/{Handle.DangerousGetHandle()}") ?? 0;

    /// <summary>The number of a process's user namespace, without opening it; null where it may not be seen.</summary>
    public static ulong? InodeOf(int pid) => NumberOf($"/proc/{pid}/ns/user");

    /// <summary>The user namespace of a process; null where it may not be seen.</summary>
    public static UserNamespaceFile? TryOpen(int pid)
    {
        try
        {
            return new UserNamespaceFile(File.OpenHandle($"/proc/{pid}/ns/user"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The namespace in which this one was made; null where that is beyond the caller.</summary>
    public UserNamespaceFile? TryGetParent()
    {
        int fd = ioctl(Handle, NS_GET_PARENT, 0);
        return fd >= 0 ? new UserNamespaceFile(new SafeFileHandle(fd, ownsHandle: true)) : null;
    }

    /// <summary>Who made it, as the caller counts users.</summary>
    public unsafe uint Owner
    {
        get
        {
            uint owner;
            return ioctl(Handle, NS_GET_OWNER_UID, (nint)(&owner)) == 0 ? owner : throw Answer.Refused("ioctl(NS_GET_OWNER_UID)");
        }
    }

    public void Dispose() => Handle.Dispose();

    // The link's text is 'user:[4026531837]'.
    private static ulong? NumberOf(string path)
    {
        string? target;
        try
        {
            target = new FileInfo(path).LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return target is not null && target.StartsWith("user:[", StringComparison.Ordinal)
            && ulong.TryParse(target.AsSpan(6).TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            ? number
            : null;
    }

    // The argument is a pointer or a number, as the request has it.
    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle fd, nuint request, nint argument);
}
