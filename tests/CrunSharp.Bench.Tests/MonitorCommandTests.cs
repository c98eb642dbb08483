using System.Text.Json;
using CrunSharp.Machines;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.BenchTests;

/// <summary>What is asked of monitors, also of those that no machine here can run: each word is one of their manuals'.</summary>
public sealed class MonitorCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MachineImage _image;
    private readonly GuestKernel _kernel;
    private readonly MachineRequest _request = new() { Command = ["/bin/true"], MemoryMiB = 300 };

    public MonitorCommandTests()
    {
        _image = MachineImage.Prepare(_directory.Make("tree"), _directory.Make("work"));
        _kernel = GuestKernel.Of(_directory.Write("vmlinuz-test", "\u007fELF and more"));
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Firecracker_IsGivenAFileThatNamesKernelArchiveAndSize()
    {
        using PreparedMachine machine = new FirecrackerMonitor("/bin/firecracker", "1", _kernel).Prepare(_image, _request);
        Assert.Equal(["/bin/firecracker", "--no-api", "--config-file"], machine.Start.Arguments.SkipLast(1));
        using JsonDocument file = JsonDocument.Parse(File.ReadAllBytes(machine.Start.Arguments[^1]));
        JsonElement boot = file.RootElement.GetProperty("boot-source");
        Assert.StartsWith("\u007fELF", File.ReadAllText(boot.GetProperty("kernel_image_path").GetString()!), StringComparison.Ordinal);
        Assert.True(File.Exists(boot.GetProperty("initrd_path").GetString()));
        Assert.StartsWith("console=ttyS0 reboot=k pci=off", boot.GetProperty("boot_args").GetString(), StringComparison.Ordinal);
        Assert.Equal("{\"vcpu_count\":1,\"mem_size_mib\":300}", file.RootElement.GetProperty("machine-config").GetRawText());
        Assert.Equal("[]", file.RootElement.GetProperty("drives").GetRawText());
    }

    [Fact]
    public void CloudHypervisor_IsGivenKernelArchiveSizeAndAConsoleOnItsOutput()
    {
        using PreparedMachine machine = new CloudHypervisorMonitor("/bin/cloud-hypervisor", "1", _kernel).Prepare(_image, _request);
        Dictionary<string, string> options = Options(machine);
        Assert.Equal(["--kernel", "--initramfs", "--cpus", "--memory", "--serial", "--console", "--cmdline"], options.Keys);
        Assert.Equal(("boot=1", "size=300M", "tty", "off"), (options["--cpus"], options["--memory"], options["--serial"], options["--console"]));
        Assert.True(File.Exists(options["--initramfs"]));
        Assert.StartsWith("\u007fELF", File.ReadAllText(options["--kernel"]), StringComparison.Ordinal);
    }

    [Fact]
    public void QemuWithADisk_GetsTheTreeOnItAndOnlyOrdersInItsMemory()
    {
        File.WriteAllBytes($"{_image.Tree}/large", new byte[3 << 20]);
        using PreparedMachine machine = new QemuMonitor("/bin/qemu", "1", QemuKind.Q35Disk, _kernel, kvm: false).Prepare(_image, _request);
        List<string> words = [.. machine.Start.Arguments];
        string drive = words[words.IndexOf("-drive") + 1];
        string disk = drive[(drive.IndexOf("file=", StringComparison.Ordinal) + "file=".Length)..];
        Assert.StartsWith("if=none,id=root,format=raw,snapshot=on,", drive, StringComparison.Ordinal);
        Assert.Contains("Size: 3145728", Command.Run("debugfs", "-R", "stat large", disk).Succeeded().Output, StringComparison.Ordinal);
        Assert.True(new FileInfo(words[words.IndexOf("-initrd") + 1]).Length < 1 << 20);
        Assert.EndsWith(" reboot /dev/nvme0n1", words[words.IndexOf("-append") + 1], StringComparison.Ordinal);
    }

    [Fact]
    public void Machine_Disposed_LeavesNoFileOfItsOwn()
    {
        _ = _image.Archive;
        string[] before = Files();
        new CloudHypervisorMonitor("/bin/cloud-hypervisor", "1", _kernel).Prepare(_image, _request).Dispose();
        Assert.Equal(["work/vmlinuz-test.elf"], Files().Except(before));
    }

    private string[] Files() =>
        [.. Directory.GetFiles(_directory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }).Select(path => Path.GetRelativePath(_directory, path))];

    private static Dictionary<string, string> Options(PreparedMachine machine) =>
        machine.Start.Arguments.Skip(1).Chunk(2).ToDictionary(static pair => pair[0], static pair => pair[1]);
}
