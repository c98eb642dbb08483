using System.Buffers.Binary;
using System.Text;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

/// <summary>A program that the kernel would not execute, looked at for the reason.</summary>
/// <remarks>elf(5): the class is byte 4, the order of bytes byte 5, the machine two bytes at 18.</remarks>
internal static class ProgramFile
{
    private const int HeaderLength = 256;
    private const int MachineOffset = 18;
    private const int MostInterpreters = 4;

    /// <summary>What the kernel found in place of a program of this host; null where that cannot be said.</summary>
    /// <param name="open">Opens a path as the container sees it; null where no regular file is there.</param>
    public static (string Program, string Why, bool IsForeign)? Explain(Func<string, SafeFileHandle?> open, Process process)
    {
        string? program = Find(open, process);
        for (int step = 0; program is not null && step < MostInterpreters; step++)
        {
            using SafeFileHandle? file = open(program);
            if (file is null)
            {
                return null;
            }

            byte[] header = new byte[HeaderLength];
            ReadOnlySpan<byte> read = header.AsSpan(0, RandomAccess.Read(file, header, 0));
            if (read.StartsWith("#!"u8))
            {
                // The kernel executes what the first line names: that is the one to look at.
                ReadOnlySpan<byte> line = read[2..];
                int end = line.IndexOf((byte)'\n');
                program = Encoding.UTF8.GetString(end < 0 ? line : line[..end]).Trim().Split([' ', '\t'])[0];
                continue;
            }

            return Architecture(read) switch
            {
                null when read.IsEmpty => (program, "the file is empty", false),
                null => (program, "it is no program: it begins neither as an ELF file nor with '#!'", false),
                { } machine when machine == Platform.Host.Architecture => null,
                { } machine => (program, $"it is for {machine}, and this host is {Platform.Host.Architecture}", true),
            };
        }

        return null;
    }

    internal static string? Architecture(ReadOnlySpan<byte> header)
    {
        if (header.Length < MachineOffset + 2 || !header.StartsWith("\u007fELF"u8))
        {
            return null;
        }

        ReadOnlySpan<byte> field = header[MachineOffset..];
        bool isLittle = header[5] == 1;
        bool is64 = header[4] == 2;
        ushort machine = isLittle ? BinaryPrimitives.ReadUInt16LittleEndian(field) : BinaryPrimitives.ReadUInt16BigEndian(field);
        return machine switch
        {
            3 => "386",
            8 => is64 ? isLittle ? "mips64le" : "mips64" : isLittle ? "mipsle" : "mips",
            21 => isLittle ? "ppc64le" : "ppc64",
            22 => "s390x",
            40 => "arm",
            62 => "amd64",
            183 => "arm64",
            243 => is64 ? "riscv64" : "riscv32",
            258 => "loong64",
            _ => $"machine {machine} of the ELF list",
        };
    }

    private static string? Find(Func<string, SafeFileHandle?> open, Process process)
    {
        string name = process.Args[0];
        if (name.Contains('/'))
        {
            return name.StartsWith('/') ? name : $"{process.Cwd}/{name}";
        }

        string path = process.Env.FirstOrDefault(static entry => entry.StartsWith("PATH=", StringComparison.Ordinal))?["PATH=".Length..] ?? "";
        foreach (string directory in path.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            using SafeFileHandle? file = open($"{directory}/{name}");
            if (file is not null)
            {
                return $"{directory}/{name}";
            }
        }

        return null;
    }
}
