using System.Buffers.Binary;
using System.Text;
using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Observe;

/// <summary>Capabilities that a program's file carries.</summary>
/// <remarks>capabilities(7), "File capability extended attribute versioning".</remarks>
internal static class FileCapabilities
{
    private static ReadOnlySpan<byte> Attribute => "security.capability"u8;

    public static bool Has(string path) => Read(path) is not null;

    /// <summary>Those without which the kernel does not start it: the permitted ones, where the file says that they take effect at once.</summary>
    public static ulong Demanded(string path)
    {
        const uint TakesEffect = 1;
        return Read(path) is { Length: >= 20 } bytes && (BinaryPrimitives.ReadUInt32LittleEndian(bytes) & TakesEffect) != 0
            ? BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4)) | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(12)) << 32)
            : 0;
    }

    // By a name: a descriptor of O_PATH reads no attributes.
    private static byte[]? Read(string path)
    {
        try
        {
            using SafeFileHandle directory = FileSystem.OpenPath(Path.GetDirectoryName(path) ?? "/", OpenAs.Path);
            return FileSystem.GetXattr(directory, Encoding.UTF8.GetBytes(Path.GetFileName(path)), Attribute);
        }
        catch (LinuxException)
        {
            return null;
        }
    }
}
