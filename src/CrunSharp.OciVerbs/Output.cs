using System.Text;
using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.OciVerbs;

/// <summary>Plain writes to 1 and 2: the console class takes longer to begin than a container.</summary>
internal static class Output
{
    public static void Write(string text) => Write(1, text);

    public static void Write(ReadOnlySpan<byte> bytes) => Write(1, bytes);

    public static void Write(int descriptor, string text) => Write(descriptor, Encoding.UTF8.GetBytes(text));

    private static void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        try
        {
            using SafeFileHandle file = new(descriptor, ownsHandle: false);
            Descriptors.Write(file, bytes);
        }
        catch (LinuxException)
        {
            // Nobody reads: there is no other place to say so.
        }
    }
}
