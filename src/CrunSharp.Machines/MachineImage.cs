using System.Security.Cryptography;
using System.Text;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Machines;

/// <summary>An image's tree made ready to be a machine's root: our program in it, and the same as an archive beside it.</summary>
/// <remarks>The directories are the caller's, and are removed by the caller.</remarks>
public sealed class MachineImage
{
    private readonly Lazy<string> _archive;
    private readonly Lazy<string> _disk;
    private int _orders;

    private MachineImage(string tree, string work)
    {
        Tree = tree;
        Work = work;
        _archive = new Lazy<string>(WriteArchive);
        _disk = new Lazy<string>(() => DiskImage.Make(Tree, $"{Work}/root.ext4"));
    }

    /// <summary>The root filesystem as a directory.</summary>
    public string Tree { get; }

    internal string Work { get; }

    /// <summary>The root filesystem as an archive for the kernel; made when first asked for.</summary>
    public string Archive => _archive.Value;

    /// <summary>The root filesystem as an ext4 image, which several machines may read; made when first asked for.</summary>
    /// <exception cref="CrunException">mkfs.ext4 is missing or failed.</exception>
    public string Disk => _disk.Value;

    /// <param name="tree">A copy of the image's files; our program and what it mounts on is added to it.</param>
    /// <param name="work">An existing directory for archives and orders.</param>
    public static MachineImage Prepare(string tree, string work)
    {
        Directory.CreateDirectory($"{tree}{GuestProgram.Directory}");
        GuestProgram.WriteTo($"{tree}{GuestProgram.PathInside}");

        // A machine whose root is read-only cannot make them.
        foreach (string name in (ReadOnlySpan<string>)["dev", "proc", "sys", "run", "tmp"])
        {
            Directory.CreateDirectory($"{tree}/{name}");
        }

        return new MachineImage(tree, work);
    }

    /// <summary>The kernel as an ELF file, for monitors that load no other form; made when first asked for.</summary>
    /// <exception cref="CrunException">It is in no form that is known.</exception>
    internal string ElfOf(GuestKernel kernel)
    {
        string file = $"{Work}/{Path.GetFileName(kernel.Path)}.elf";
        if (!File.Exists(file))
        {
            File.WriteAllBytes(file, KernelImage.Uncompress(kernel.Path, Work));
        }

        return file;
    }

    /// <summary>Leaves orders in the tree for a machine that sees it, and as an archive for one that does not.</summary>
    internal PlacedOrders Place(IReadOnlyList<string> command, IReadOnlyList<string> environment, string directory)
    {
        string token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        string inside = $"{GuestProgram.Directory}/orders-{Environment.ProcessId}-{Interlocked.Increment(ref _orders)}";
        byte[] orders = new GuestOrders(token, directory, command, environment).Encode();
        HostPaths.Replace($"{Tree}{inside}", orders, sync: false);
        return new PlacedOrders(this, token, inside, orders);
    }

    private string WriteArchive()
    {
        string path = $"{Work}/root.cpio";
        using FileStream output = File.Create(path);
        InitialRoot.Write(Tree, output);
        return path;
    }
}

/// <summary>Orders that lie where a machine finds them.</summary>
internal sealed class PlacedOrders(MachineImage image, string token, string inside, byte[] orders) : IDisposable
{
    private string? _archive;

    private readonly List<string> _files = [];

    public string Token => token;

    /// <summary>Their path in the guest.</summary>
    public string Inside => inside;

    /// <summary>The root's archive with the orders behind it: the kernel unpacks one after the other.</summary>
    public string ArchiveWithOrders()
    {
        if (_archive is null)
        {
            _archive = NewFile("cpio");
            File.Copy(image.Archive, _archive, overwrite: true);
            using FileStream output = new(_archive, FileMode.Append);
            CpioWriter writer = new(output);
            AddOrders(writer);
            writer.End();
        }

        return _archive;
    }

    /// <summary>Our program and the orders alone, for a machine whose root is on a disk.</summary>
    public string ArchiveOfOrders()
    {
        if (_archive is null)
        {
            _archive = NewFile("cpio");
            using FileStream output = File.Create(_archive);
            using FileStream program = File.OpenRead($"{image.Tree}{GuestProgram.PathInside}");
            CpioWriter writer = new(output);
            foreach (string directory in (ReadOnlySpan<string>)["dev", GuestProgram.Directory[1..]])
            {
                writer.Add(Encoding.UTF8.GetBytes(directory), CpioWriter.Directory | 0x1ED /* 0755 */, 0, 0, []);
            }

            // The kernel opens it before the first process mounts /dev.
            writer.Add("dev/console"u8, CpioWriter.CharacterDevice | 0x180 /* 0600 */, 0, 0, [], 5, 1);
            writer.AddFile(Encoding.UTF8.GetBytes(GuestProgram.PathInside[1..]), CpioWriter.Regular | 0x1ED /* 0755 */, 0, 0, program);
            AddOrders(writer);
            writer.End();
        }

        return _archive;
    }

    private void AddOrders(CpioWriter writer) =>
        writer.Add(Encoding.UTF8.GetBytes(inside[1..]), CpioWriter.Regular | 0x180 /* 0600 */, 0, 0, orders);

    /// <summary>A file of this machine's own, gone with its orders.</summary>
    public string NewFile(string suffix)
    {
        _files.Add($"{image.Work}/{Path.GetFileName(inside)}.{suffix}");
        return _files[^1];
    }

    public void Dispose()
    {
        File.Delete($"{image.Tree}{inside}");
        _files.ForEach(File.Delete);
    }
}
