using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>Looks up in a container's root where its user is at home.</summary>
internal static class HomeReader
{
    private const int LargestPasswd = 1 << 20;

    /// <param name="root">The root as a directory of this host; null: it is not mounted yet.</param>
    /// <returns>Null where the process says itself what its HOME is.</returns>
    public static string? Read(Process process, string? root)
    {
        foreach (string variable in process.Env)
        {
            if (variable.StartsWith("HOME=", StringComparison.Ordinal))
            {
                return null;
            }
        }

        try
        {
            return HomeDirectory.Find(root is null ? default : ReadPasswd(root), process.User.Uid);
        }
        catch (LinuxException)
        {
            // A root that may not be read: nobody is at home there.
            return HomeDirectory.Find(default, process.User.Uid);
        }
    }

    private static ReadOnlySpan<byte> ReadPasswd(string root)
    {
        using SafeFileHandle directory = FileSystem.OpenPath(root, OpenAs.Path | OpenAs.Directory);
        using SafeFileHandle? found = FileSystem.TryOpenInRoot(directory, "etc/passwd"u8, OpenAs.Path, 0, out _);
        if (found is null)
        {
            return default;
        }

        // Looked at before it is opened: to open a FIFO waits, to open a device does whatever the device does.
        FileStatus status = FileSystem.GetStatus(found);
        if (status.Kind != FileKind.Regular || status.Size > LargestPasswd)
        {
            return default;
        }

        return Descriptors.TryReadAll($"/proc/self/fd/{found.DangerousGetHandle()}", LargestPasswd);
    }
}
