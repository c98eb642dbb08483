using System.Globalization;
using CrunSharp.Testing;

namespace CrunSharp.CliTests;

/// <summary>A tmpfs of 24 MiB and 1500 inodes: as root one of its own, as a user the one that tools/host-test.sh mounted.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const string Variable = "CRUN_SHARP_SMALL_DISK";
    private const int Block = 4096;
    private readonly TemporaryDirectory? _mountPoint;
    private readonly TemporaryDirectory _directory;

    public SmallDisk()
    {
        if (Environment.IsPrivilegedProcess)
        {
            _mountPoint = new TemporaryDirectory();
            Command.Run("mount", "-t", "tmpfs", "-o", "size=24m,nr_inodes=1500,mode=755", "none", _mountPoint).Succeeded();
        }

        _directory = new TemporaryDirectory(_mountPoint ?? Environment.GetEnvironmentVariable(Variable)!, "disk-");
    }

    public static Need Available { get; } = new("smalldisk", () =>
        Environment.IsPrivilegedProcess || Directory.Exists(Environment.GetEnvironmentVariable(Variable))
            ? null
            : $"a user cannot mount a small tmpfs; {Variable} names none: start make host-test as root");

    public string Root => _directory["store"];

    private string Ballast => _directory["ballast"];

    /// <summary>Leaves room for this many bytes.</summary>
    public void Fill(long free)
    {
        MakeRoom();
        long room = long.Parse(Command.Run("stat", "-f", "-c", "%a", _directory).Succeeded().Output, CultureInfo.InvariantCulture) * Block;
        using FileStream ballast = File.Create(Ballast);
        byte[] block = new byte[Block];
        for (long filled = 0; filled < room - free; filled += Block)
        {
            ballast.Write(block);
        }
    }

    public void MakeRoom() => File.Delete(Ballast);

    public void Dispose()
    {
        _directory.Dispose();
        if (_mountPoint is not null)
        {
            _ = Command.Run("umount", _mountPoint);
            _mountPoint.Dispose();
        }
    }
}
