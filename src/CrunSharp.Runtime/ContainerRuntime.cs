using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>One container by its id: made, started, asked about, signalled, removed.</summary>
public sealed partial class ContainerRuntime(RuntimeOptions options)
{
    private readonly RuntimeOptions _options = options;

    /// <summary>Makes a container up to the point where only its program is missing.</summary>
    /// <exception cref="CrunException">What could not be made, by its place in the spec; nothing is left behind.</exception>
    public Launched Create(LaunchRequest request) => throw new NotSupportedException();

    /// <summary>Lets a created container execute its program.</summary>
    public void Start(ContainerId id) => throw new NotSupportedException();

    /// <summary>Makes and starts a container; its process is a child of the caller.</summary>
    public Launched Run(LaunchRequest request) => throw new NotSupportedException();

    /// <summary>Starts one more process in a running container, as a child of the caller.</summary>
    public Launched Exec(ContainerId id, Process process, ExecRequest request) => throw new NotSupportedException();

    /// <exception cref="CrunException">There is none of this id.</exception>
    public ContainerState GetState(ContainerId id) => throw new NotSupportedException();

    public IReadOnlyList<ContainerState> List() => throw new NotSupportedException();

    /// <summary>Signals the first process, or all of them.</summary>
    public void Kill(ContainerId id, int signal, bool all) => throw new NotSupportedException();

    public void Pause(ContainerId id) => throw new NotSupportedException();

    public void Resume(ContainerId id) => throw new NotSupportedException();

    /// <summary>The processes of a container, as the host numbers them.</summary>
    public IReadOnlyList<int> Processes(ContainerId id) => throw new NotSupportedException();

    /// <summary>Removes what is left of a stopped container; with <paramref name="force"/> it is killed first.</summary>
    /// <remarks>With <paramref name="force"/>, an unknown id is no error.</remarks>
    public void Delete(ContainerId id, bool force) => throw new NotSupportedException();
}
