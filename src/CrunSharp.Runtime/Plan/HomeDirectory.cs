using System.Buffers.Text;
using System.Text;

namespace CrunSharp.Runtime;

/// <summary>The directory that HOME names where the configuration leaves it out: docker and CRI-O rely on the runtime for it.</summary>
internal static class HomeDirectory
{
    private const string None = "/";

    /// <param name="passwd">/etc/passwd of the container: lines that are not understood are passed over.</param>
    public static string Find(ReadOnlySpan<byte> passwd, uint uid)
    {
        while (!passwd.IsEmpty)
        {
            int end = passwd.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? passwd : passwd[..end];
            passwd = end < 0 ? default : passwd[(end + 1)..];
            if (Utf8Parser.TryParse(Field(line, 2), out uint found, out int used) && used == Field(line, 2).Length && found == uid)
            {
                ReadOnlySpan<byte> home = Field(line, 5);

                // Programs write it into files of lines (CVE-2022-4318), and a text with NUL cannot be handed over at all.
                return home.IsEmpty || home.ContainsAnyInRange((byte)0, (byte)0x1f) ? None : Encoding.UTF8.GetString(home);
            }
        }

        return None;
    }

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> line, int index)
    {
        for (; index > 0; index--)
        {
            int colon = line.IndexOf((byte)':');
            if (colon < 0)
            {
                return default;
            }

            line = line[(colon + 1)..];
        }

        int end = line.IndexOf((byte)':');
        return end < 0 ? line : line[..end];
    }
}
