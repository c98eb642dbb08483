using CrunSharp.OciVerbs;

// Installed as runc or crun where a caller insists on the name, it answers by that name.
string name = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
return OciApp.Run(args, name is "runc" or "crun" ? name : "crun-sharp-oci");
