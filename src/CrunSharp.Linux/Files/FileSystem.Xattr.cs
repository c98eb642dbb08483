using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Linux;

public static partial class FileSystem
{
    /// <summary>The kernel's longest value.</summary>
    private const int XattrSizeMax = 65536;

    /// <summary>Sets an extended attribute of an open file or directory.</summary>
    public static unsafe void SetXattr(SafeFileHandle handle, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        // Pinned for the call; an empty value is a valid pointer of no bytes.
        fixed (byte* namePointer = Terminate(name, stackalloc byte[NameMax + 1]), valuePointer = value)
        {
            if (fsetxattr(handle, namePointer, valuePointer, (nuint)value.Length, 0) != 0)
            {
                throw Failure("fsetxattr", handle, name);
            }
        }
    }

    /// <summary>Sets an extended attribute of a name in a directory, a symbolic link itself included.</summary>
    /// <remarks>By way of /proc/self/fd: setxattrat came with Linux 6.13 only.</remarks>
    public static unsafe void SetXattr(SafeFileHandle parent, ReadOnlySpan<byte> entry, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        fixed (byte* path = ThroughProc(parent, entry), namePointer = Terminate(name, stackalloc byte[NameMax + 1]), valuePointer = value)
        {
            if (lsetxattr(path, namePointer, valuePointer, (nuint)value.Length, 0) != 0)
            {
                throw Failure("lsetxattr", parent, entry, $", {Show(name)}");
            }
        }
    }

    /// <summary>The value of an extended attribute of a name, or null where it has none of that name.</summary>
    public static unsafe byte[]? GetXattr(SafeFileHandle parent, ReadOnlySpan<byte> entry, ReadOnlySpan<byte> name)
    {
        byte[] buffer = new byte[XattrSizeMax];
        fixed (byte* path = ThroughProc(parent, entry), namePointer = Terminate(name, stackalloc byte[NameMax + 1]), bufferPointer = buffer)
        {
            nint length = lgetxattr(path, namePointer, bufferPointer, (nuint)buffer.Length);
            if (length >= 0)
            {
                return buffer[..(int)length];
            }

            int errno = Marshal.GetLastPInvokeError();
            return errno == LibC.ENODATA || errno == LibC.EOPNOTSUPP ? null : throw Failure(errno, "lgetxattr", parent, entry, $", {Show(name)}");
        }
    }

    /// <summary>The names of all extended attributes of a name that this process may see.</summary>
    public static unsafe IReadOnlyList<byte[]> ListXattrs(SafeFileHandle parent, ReadOnlySpan<byte> entry)
    {
        byte[] buffer = new byte[XattrSizeMax];
        nint length;
        fixed (byte* path = ThroughProc(parent, entry), bufferPointer = buffer)
        {
            length = llistxattr(path, bufferPointer, (nuint)buffer.Length);
            if (length < 0)
            {
                int errno = Marshal.GetLastPInvokeError();
                return errno == LibC.EOPNOTSUPP ? [] : throw Failure(errno, "llistxattr", parent, entry);
            }
        }

        List<byte[]> names = [];
        ReadOnlySpan<byte> rest = buffer.AsSpan(0, (int)length);
        while (rest.IndexOf((byte)0) is var end && end > 0)
        {
            names.Add(rest[..end].ToArray());
            rest = rest[(end + 1)..];
        }

        return names;
    }

    private static byte[] ThroughProc(SafeFileHandle parent, ReadOnlySpan<byte> entry)
    {
        byte[] start = Encoding.ASCII.GetBytes($"/proc/self/fd/{parent.DangerousGetHandle()}/");
        return [.. start, .. entry.IsEmpty ? "."u8 : entry, 0];
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int fsetxattr(SafeFileHandle fd, byte* name, byte* value, nuint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int lsetxattr(byte* path, byte* name, byte* value, nuint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint lgetxattr(byte* path, byte* name, byte* value, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint llistxattr(byte* path, byte* list, nuint size);
}
