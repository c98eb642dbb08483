using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Linux;

/// <summary>Files that are replaced whole: a reader sees the old bytes or the new ones, after a crash too.</summary>
public static partial class AtomicFile
{
    private const int O_DIRECTORY = 0x10000;
    private const int O_CLOEXEC = 0x80000;

    /// <param name="durable">Whether it must outlive a power failure: synced before the rename, its directory after it.</param>
    public static void Write(string path, ReadOnlySpan<byte> content, bool durable = true)
    {
        string fresh = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (SafeFileHandle file = File.OpenHandle(fresh, FileMode.Create, FileAccess.Write))
            {
                RandomAccess.Write(file, content, 0);
                if (durable)
                {
                    RandomAccess.FlushToDisk(file);
                }
            }

            HostPaths.Rename(fresh, path);
        }
        catch
        {
            File.Delete(fresh);
            throw;
        }

        if (durable)
        {
            SyncDirectory(Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".");
        }
    }

    /// <summary>Makes the names in a directory outlive a power failure.</summary>
    public static void SyncDirectory(string path)
    {
        using SafeFileHandle directory = open(path, O_DIRECTORY | O_CLOEXEC);
        if (directory.IsInvalid || fsync(directory) < 0)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), $"fsync(\"{path}\")");
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags, uint mode = 0);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle fd);
}
