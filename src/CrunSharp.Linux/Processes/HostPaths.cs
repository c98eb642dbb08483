using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Linux;

/// <summary>Directories and names of the host that are ours: state, cgroups. Never paths inside a container's root.</summary>
public static partial class HostPaths
{
    /// <summary>False when something of this name is there already.</summary>
    public static bool TryMakeDirectory(string path, uint mode)
    {
        if (mkdir(path, mode) == 0)
        {
            return true;
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == LibC.EEXIST ? false : throw new LinuxException(errno, $"mkdir(\"{path}\")");
    }

    /// <summary>Makes the directory and those above it.</summary>
    public static void EnsureDirectory(string path, uint mode)
    {
        if (mkdir(path, mode) == 0)
        {
            return;
        }

        int errno = Marshal.GetLastPInvokeError();
        if (errno == LibC.ENOENT && Path.GetDirectoryName(path) is { Length: > 0 } parent)
        {
            EnsureDirectory(parent, mode);
            _ = TryMakeDirectory(path, mode);
        }
        else if (errno != LibC.EEXIST)
        {
            throw new LinuxException(errno, $"mkdir(\"{path}\")");
        }
    }

    /// <summary>0, or the errno: what a busy directory calls for differs.</summary>
    public static int RemoveDirectory(string path) => rmdir(path) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>False when it was not there.</summary>
    public static bool Unlink(string path)
    {
        if (unlink(path) == 0)
        {
            return true;
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == LibC.ENOENT ? false : throw new LinuxException(errno, $"unlink(\"{path}\")");
    }

    public static bool Exists(string path) => access(path, 0) == 0;

    /// <summary>The file has the old bytes or the new ones, after a crash as well when it is synced.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> bytes, uint mode = 0x180 /* 0600 */, bool sync = true)
    {
        string fresh = $"{path}.{Environment.ProcessId}.new";
        using (SafeFileHandle file = Descriptors.Open(fresh, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_TRUNC | LibC.O_NOFOLLOW, mode))
        {
            Descriptors.Write(file, bytes);
            if (sync)
            {
                _ = fsync(file);
            }
        }

        try
        {
            Rename(fresh, path);
        }
        catch
        {
            _ = unlink(fresh);
            throw;
        }
    }

    /// <summary>A file takes another's place; a directory that of an empty one.</summary>
    public static void Rename(string from, string to)
    {
        if (rename(from, to) < 0)
        {
            throw Answer.Refused($"rename(\"{from}\", \"{to}\")");
        }
    }

    /// <summary>What kind of filesystem holds the path: its magic number; 0 when the path is not there.</summary>
    /// <remarks>statfs(2).</remarks>
    public static unsafe ulong FileSystemKind(string path)
    {
        ulong* status = stackalloc ulong[32];
        return statfs(path, status) == 0 ? status[0] : 0;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rmdir(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlink(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string path, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rename(string from, string to);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statfs(string path, ulong* status);
}
