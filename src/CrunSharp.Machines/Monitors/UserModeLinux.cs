namespace CrunSharp.Machines;

/// <summary>user-mode-linux: a kernel as processes of the host, the image's tree as its root, read-only.</summary>
internal sealed class UserModeLinux(string path, string version) : MachineMonitor
{
    public override string Name => "user-mode-linux";

    public override string Version => version;

    public override string Acceleration => "as processes of the host";

    public override IReadOnlyList<string> Files => [path];

    public override string Kernel => version;

    public override string Root => "the image's tree as a read-only root (hostfs)";

    public override string RootOf(MachineImage image) => image.Tree;

    internal override TimedStart Command(MachineImage image, PlacedOrders orders, MachineRequest request)
    {
        string words = KernelWords("con=null con0=fd:0,fd:1 ssl=null", "off", orders, request, "init");
        return new TimedStart
        {
            Path = path,
            Arguments = [path, $"mem={request.MemoryMiB}M", "rootfstype=hostfs", $"rootflags={image.Tree}", "ro", .. words.Split(' ')],
            Token = orders.Token,
            Limit = request.Limit,
        };
    }
}
