using System.Globalization;
using System.Text;

namespace CrunSharp.Machines;

/// <summary>Writes an archive that the kernel unpacks as its first root.</summary>
/// <remarks>Documentation/driver-api/early-userspace/buffer-format.rst of Linux: "newc". Several may follow each other.</remarks>
internal sealed class CpioWriter(Stream output)
{
    public const uint Directory = 0x4000;
    public const uint Regular = 0x8000;
    public const uint SymbolicLink = 0xA000;
    public const uint CharacterDevice = 0x2000;

    private uint _number;

    /// <param name="name">Without a slash in front.</param>
    public void Add(ReadOnlySpan<byte> name, uint mode, uint owner, uint group, ReadOnlySpan<byte> content, uint major = 0, uint minor = 0)
    {
        WriteHeader(name, mode, owner, group, content.Length, major, minor);
        output.Write(content);
        Pad(content.Length);
    }

    public void AddFile(ReadOnlySpan<byte> name, uint mode, uint owner, uint group, Stream content)
    {
        WriteHeader(name, mode, owner, group, content.Length, 0, 0);
        content.CopyTo(output);
        Pad(content.Length);
    }

    public void End()
    {
        WriteHeader("TRAILER!!!"u8, 0, 0, 0, 0, 0, 0);
        output.Flush();
    }

    private void WriteHeader(ReadOnlySpan<byte> name, uint mode, uint owner, uint group, long size, uint major, uint minor)
    {
        StringBuilder header = new("070701");
        ReadOnlySpan<uint> fields = [++_number, mode, owner, group, 1, 0, checked((uint)size), 0, 0, major, minor, (uint)name.Length + 1, 0];
        foreach (uint field in fields)
        {
            header.Append(field.ToString("X8", CultureInfo.InvariantCulture));
        }

        output.Write(Encoding.ASCII.GetBytes(header.ToString()));
        output.Write(name);
        output.WriteByte(0);
        Pad(header.Length + name.Length + 1);
    }

    private void Pad(long length)
    {
        for (; length % 4 != 0; length++)
        {
            output.WriteByte(0);
        }
    }
}
